//! A fight: whoever has no hit points left cannot be hit again.

use eventsource_core::MemoryStore;
use eventsource_core::prelude::*;

#[event(name = "combatant.entered")]
pub struct Entered {
    pub hitpoints: u32,
}

#[event(name = "combatant.attacked")]
pub struct Attacked {
    pub points: u32,
}

#[event(name = "combatant.fell")]
pub struct Fell;

#[derive(Debug, thiserror::Error)]
#[error("it has fallen already")]
pub struct Fallen;

#[aggregate(name = "combatant", id = String, error = Fallen, events(Entered, Attacked, Fell), commands(Enter, Attack))]
pub struct Combatant {
    hitpoints: u32,
}

#[handle]
impl Combatant {
    #[command]
    pub fn enter(hitpoints: u32) -> Entered {
        Entered { hitpoints }
    }

    #[command]
    pub fn attack(&self, points: u32) -> Result<(Attacked, Option<Fell>), Fallen> {
        ensure!(self.hitpoints > 0, Fallen);
        Ok((
            Attacked { points },
            (points >= self.hitpoints).then_some(Fell),
        ))
    }
}

#[apply]
impl Combatant {
    fn entered(event: &Entered) -> Self {
        Self {
            hitpoints: event.hitpoints,
        }
    }

    fn attacked(&mut self, event: &Attacked) {
        self.hitpoints = self.hitpoints.saturating_sub(event.points);
    }

    fn fell(&mut self, _: &Fell) {
        self.hitpoints = 0;
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let combatants = Repository::<Combatant, _>::new(MemoryStore::new());
    let ogre = "ogre".to_owned();
    combatants.execute(&ogre, Enter { hitpoints: 900 }).await?;
    while let Ok(hit) = combatants.execute(&ogre, Attack { points: 350 }).await {
        println!(
            "{:?}",
            hit.events
                .iter()
                .map(|event| &event.event)
                .collect::<Vec<_>>()
        );
    }
    println!(
        "{} hit points left",
        combatants.load(&ogre).await?.hitpoints
    );
    Ok(())
}
