//! What a faulty store shows to a visitor.

use std::ops::ControlFlow;

use eventsource_core::{EventRef, Position, Visit};

use super::Fault;

/// Shows another visitor less, or more.
pub struct Bent<V> {
    pub visitor: V,
    pub fault: Fault,
    /// Up to where a stale reader sees.
    pub shown: Position,
    /// What is not shown yet.
    pub late: Vec<Position>,
}

impl<V: Visit> Visit for Bent<V> {
    fn visit(&mut self, event: EventRef<'_>) -> ControlFlow<()> {
        let chosen = event.position.0 % 50 == 49;
        match self.fault {
            Fault::SkipsEvents if chosen => ControlFlow::Continue(()),
            Fault::StaleLoads if event.position > self.shown => ControlFlow::Continue(()),
            Fault::LateEvents if self.late.contains(&event.position) => ControlFlow::Continue(()),
            Fault::RepeatsEvents if chosen => {
                self.visitor.visit(event)?;
                self.visitor.visit(event)
            }
            _ => self.visitor.visit(event),
        }
    }
}
