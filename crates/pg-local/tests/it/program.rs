//! The program `pg-local run`.

use std::process::{Command, Output};

use crate::cluster::open_folder;

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_pg-local")).arg("run").args(arguments).output().unwrap()
}

#[test]
fn the_command_gets_an_administrators_url_and_its_exit_code_is_passed_on() {
    let done = run(&["--throwaway", "--", "sh", "-c", "echo $TEST_DATABASE_URL; exit 7"]);
    assert_eq!(done.status.code(), Some(7));
    let url = String::from_utf8(done.stdout).unwrap();
    assert!(url.starts_with("postgresql://postgres@/postgres?host=%2Ftmp%2Ftenantry-pg-"), "{url}");
}

#[test]
fn a_command_ended_by_a_signal_counts_as_the_shell_counts_it() {
    let done = run(&["--", "sh", "-c", "kill -TERM $$"]);
    assert_eq!(done.status.code(), Some(128 + 15));
}

#[test]
fn a_command_that_is_not_there_is_named() {
    let done = run(&["--", "no-such-program-anywhere"]);
    assert_eq!(done.status.code(), Some(1));
    let said = String::from_utf8(done.stderr).unwrap();
    assert!(said.contains("no-such-program-anywhere"), "{said}");
}

#[test]
fn a_wrong_folder_for_the_programs_is_named_with_what_it_should_look_like() {
    let folder = open_folder();
    let done = Command::new(env!("CARGO_BIN_EXE_pg-local"))
        .args(["run", "--", "true"])
        .env("TENANTRY_PG_BIN", folder.path())
        .output()
        .unwrap();
    assert_eq!(done.status.code(), Some(1));
    let said = String::from_utf8(done.stderr).unwrap();
    assert!(said.contains("TENANTRY_PG_BIN") && said.contains("/usr/lib/postgresql/17/bin"), "{said}");
}
