//! Under construction.
pub mod editor;
pub mod keys;
pub mod text;
