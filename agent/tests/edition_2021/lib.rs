//! Nothing but a package in which tests are compiled in edition 2021.
