//! A shell of one line that ends our children when we die without having done so.

use std::process::Stdio;

use tokio::io::AsyncWriteExt;
use tokio::process::{Child, ChildStdin, Command};

/// Waits for the end of its input, which comes with our death whatever the reason, and then signals.
///
/// Linux has a signal on a parent's death, but it can only be asked for between fork and exec (which takes
/// `unsafe`), and it fires when the *thread* that started the child ends. A pipe does neither.
/// Dropping the guardian counts as dying; [`Guardian::dismiss`] does not.
#[derive(Debug)]
pub struct Guardian {
    shell: Child,
    line: ChildStdin,
}

impl Guardian {
    /// Signals these processes (name of the signal without SIG) once the caller is gone.
    pub fn over(processes: &[u32], signal: &str) -> std::io::Result<Self> {
        let mut shell = Command::new("/bin/sh");
        shell
            .args(["-c", "read -r dismissed || kill \"$@\"", "sh"])
            .arg(format!("-{signal}"))
            .args(processes.iter().map(u32::to_string))
            .current_dir("/")
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let mut shell = shell.spawn()?;
        let line = shell.stdin.take().expect("the input was asked for as a pipe");
        Ok(Self { shell, line })
    }

    /// Lets the processes live on, or they have ended already.
    pub async fn dismiss(mut self) {
        // Where this fails the shell is gone, and with it what it could do.
        let _ = self.line.write_all(b"dismissed\n").await;
        let _ = self.line.flush().await;
        let _ = self.shell.wait().await;
    }
}
