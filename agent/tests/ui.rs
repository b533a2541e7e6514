//! What the attributes take, and what the compiler says where it does not.
//!
//! After a new compiler has changed its wording: `TRYBUILD=overwrite cargo test -p taskscope-agent --test ui`,
//! then read the difference.

#[test]
fn the_attribute_and_its_messages() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/ui/pass/*.rs");
    cases.compile_fail("tests/ui/fail/*.rs");
    cases.compile_fail("tests/ui/observe/*.rs");
}
