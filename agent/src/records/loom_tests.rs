//! The record protocol under the model checker.
