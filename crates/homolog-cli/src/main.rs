//! The `homolog` program: arguments, progress, printing, exit codes. No mathematics.

fn main() {}
