//! What may take part in a decision: decision models and aggregates, alone or in a tuple.

use std::any::Any;

use crate::aggregate::Aggregate;
use crate::codec::Codec;
use crate::decide::member::{At, Member};
use crate::decide::model::DecisionModel;
use crate::decide::part::{ModelPart, Part};
use crate::environment::Environment;
use crate::repository::load::LoadError;
use crate::store::append::{AcrossStreams, Boundary, ManyStreams};

/// One thing that a decision looks at: a decision model, as `Seats::of(&course)` makes it, or an aggregate, as
/// [`Repository::at`](crate::Repository::at) does.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot take part in a decision",
    label = "neither a decision model nor an aggregate",
    note = "give models and aggregates by value, as in `(Seats::of(&course), accounts.at(&id))`"
)]
pub trait Participant: Sized + Send + 'static {
    /// How far an append reaches that it takes part in.
    type Reach: AcrossStreams;
    /// What the closure gets: `&Model`, or `&mut Member<Aggregate>`.
    type View<'v>;
    /// The part that it plays.
    #[doc(hidden)]
    type Part<C: Codec>: Part;
    /// Its name, of which the name of a decision is made that has none.
    #[doc(hidden)]
    const NAME: &'static str;

    #[doc(hidden)]
    fn open<C: Codec>(self, codec: &C) -> Result<Self::Part<C>, LoadError>;

    #[doc(hidden)]
    fn view<C: Codec>(part: &mut Self::Part<C>) -> Self::View<'_>;

    #[doc(hidden)]
    fn environment(&self) -> Option<&Environment>;
}

#[diagnostic::do_not_recommend]
impl<M: DecisionModel> Participant for M {
    type Reach = Boundary;
    type View<'v> = &'v M;
    type Part<C: Codec> = ModelPart<M, C>;
    const NAME: &'static str = M::NAME;

    fn open<C: Codec>(self, codec: &C) -> Result<Self::Part<C>, LoadError> {
        Ok(ModelPart::new(self, codec.clone()))
    }

    fn view<C: Codec>(part: &mut Self::Part<C>) -> &M {
        &part.model
    }

    fn environment(&self) -> Option<&Environment> {
        None
    }
}

impl<A: Aggregate, D: Codec> Participant for At<A, D> {
    type Reach = ManyStreams;
    type View<'v> = &'v mut Member<A, D>;
    /// It keeps the codec of its repository.
    type Part<C: Codec> = Member<A, D>;
    const NAME: &'static str = A::NAME;

    fn open<C: Codec>(self, _: &C) -> Result<Self::Part<C>, LoadError> {
        At::open(self)
    }

    fn view<C: Codec>(part: &mut Self::Part<C>) -> &mut Member<A, D> {
        part
    }

    fn environment(&self) -> Option<&Environment> {
        Some(&self.environment)
    }
}

/// What takes part in a decision: one [`Participant`], or a tuple of up to eight in any mixture.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot take part in a decision",
    label = "neither decision models nor aggregates",
    note = "give one model or aggregate, or a tuple of up to eight, by value, as in `(Seats::of(&course), accounts.at(&id))`"
)]
pub trait Participants: Send + 'static {
    /// How far the append of the decision reaches.
    type Reach: AcrossStreams;
    /// What the closure gets.
    type View<'v>;

    #[doc(hidden)]
    fn open<C: Codec>(self, codec: &C) -> Result<Vec<Box<dyn Part>>, LoadError>;

    #[doc(hidden)]
    fn view<C: Codec>(parts: &mut [Box<dyn Part>]) -> Self::View<'_>;

    #[doc(hidden)]
    fn names() -> Vec<&'static str>;

    #[doc(hidden)]
    fn environment(&self) -> Option<&Environment>;
}

#[diagnostic::do_not_recommend]
impl<P: Participant> Participants for P {
    type Reach = P::Reach;
    type View<'v> = P::View<'v>;

    fn open<C: Codec>(self, codec: &C) -> Result<Vec<Box<dyn Part>>, LoadError> {
        Ok(vec![Box::new(P::open(self, codec)?)])
    }

    fn view<C: Codec>(parts: &mut [Box<dyn Part>]) -> Self::View<'_> {
        let [part] = parts else {
            unreachable!("{OPENED}")
        };
        P::view::<C>(opened(part))
    }

    fn names() -> Vec<&'static str> {
        vec![P::NAME]
    }

    fn environment(&self) -> Option<&Environment> {
        P::environment(self)
    }
}

macro_rules! reach {
    ($only:ident) => { $only::Reach };
    ($first:ident $($rest:ident)+) => { <$first::Reach as AcrossStreams>::And<reach!($($rest)+)> };
}

macro_rules! tuples {
    ($($name:ident)+) => {
        impl<$($name: Participant),+> Participants for ($($name,)+) {
            type Reach = reach!($($name)+);
            type View<'v> = ($($name::View<'v>,)+);

            #[allow(non_snake_case, reason = "one macro for every length")]
            fn open<C: Codec>(self, codec: &C) -> Result<Vec<Box<dyn Part>>, LoadError> {
                let ($($name,)+) = self;
                Ok(vec![$(Box::new($name::open($name, codec)?)),+])
            }

            #[allow(non_snake_case, reason = "one macro for every length")]
            fn view<C: Codec>(parts: &mut [Box<dyn Part>]) -> Self::View<'_> {
                let [$($name),+] = parts else { unreachable!("{OPENED}") };
                ($($name::view::<C>(opened($name)),)+)
            }

            fn names() -> Vec<&'static str> {
                vec![$($name::NAME),+]
            }

            #[allow(non_snake_case, reason = "one macro for every length")]
            fn environment(&self) -> Option<&Environment> {
                let ($($name,)+) = self;
                None$(.or_else(|| $name.environment()))+
            }
        }
    };
}

tuples!(P1);
tuples!(P1 P2);
tuples!(P1 P2 P3);
tuples!(P1 P2 P3 P4);
tuples!(P1 P2 P3 P4 P5);
tuples!(P1 P2 P3 P4 P5 P6);
tuples!(P1 P2 P3 P4 P5 P6 P7);
tuples!(P1 P2 P3 P4 P5 P6 P7 P8);

/// The parts go through the reading without their types, in their order, and come back as they were opened.
const OPENED: &str = "each participant finds the part that it has opened";

fn opened<T: Part>(part: &mut Box<dyn Part>) -> &mut T {
    let part: &mut dyn Any = &mut **part;
    match part.downcast_mut() {
        Some(part) => part,
        None => unreachable!("{OPENED}"),
    }
}
