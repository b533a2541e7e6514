//! What a program offers to whoever watches it: commands to run, and values to ask for.

use crate::codes::OfferKind;
use crate::ids::{LocationId, RuntimeId};
use crate::time::At;
use serde::{Deserialize, Serialize};

/// The program offers something. What it offered before by the same name and kind is replaced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offered {
    /// What sort of thing.
    pub kind: OfferKind,
    /// The name by which it is asked for: letters, digits, `-`, `_` and `.`.
    pub name: String,
    /// What it does, in a few words; may be empty.
    pub help: String,
    /// The runtime on which a command runs; `None` if the source does not know it.
    pub runtime: Option<RuntimeId>,
    /// Where it was offered.
    pub location: Option<LocationId>,
    /// Since when.
    pub at: At,
}

/// The program does not offer it any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdrawn {
    /// What sort of thing.
    pub kind: OfferKind,
    /// Its name.
    pub name: String,
}
