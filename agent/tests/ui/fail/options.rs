#[taskscope_agent::main(flavour = "current_thread", worker_threads = "2", name = "a", name = "b")]
async fn main() {}

#[taskscope_agent::main(flavor = "current_thread", worker_threads = 2)]
async fn threads_without_threads() {}

#[taskscope_agent::main(start_paused = true, unhandled_panic = "ignore")]
async fn needs_one_thread() {}

#[taskscope_agent::main(flavor = "threaded_scheduler")]
async fn old_name() {}

#[taskscope_agent::main(worker_threads = 2u8 + 1)]
async fn not_a_usize() {}

#[taskscope_agent::main(current_thread)]
async fn bare() {}
