//! A new migration file has to reach the program that embeds it.

fn main() {
    println!("cargo::rerun-if-changed=../../migrations");
}
