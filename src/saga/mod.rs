//! (door to be written)
