//! The model as its users see it: the fold, the frames, the query language.

mod model {
    mod arbitrary;
    mod arbitrary_fates;
    mod diagnosis;
    mod examples;
    mod facts;
    mod fates;
    mod fold;
    mod frames;
    mod golden;
    mod hostile;
    mod keep;
    mod leaks;
    mod memory;
    mod offers;
    mod outside;
    mod paths;
    mod query;
    mod resources;
    mod scenario;
    mod stacks;
    mod survive;
    mod task;
}
