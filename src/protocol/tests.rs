//! What two sessions and a hub do between them, case by case. The simulation finds what nobody thought of; these name
//! what somebody did.

mod ending;
mod finding;
mod passing_on;
mod plain_partners;
mod proxied;
mod purity;
mod resuming;
mod scene;
mod seats;
mod showing;
mod yielding;
