//! The parts as child processes: started with their output prefixed, watched, and stopped in order.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::Context;
use pg_local::Guardian;
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::Command;
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::JoinHandle;

use super::screen::Screen;

/// A server drains its requests in this time.
const STOP_LIMIT: Duration = Duration::from_secs(20);

/// A part that ended without being asked to.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) name: &'static str,
    pub(crate) how: String,
}

/// A running part.
pub(crate) struct Child {
    name: &'static str,
    pid: u32,
    done: JoinHandle<()>,
    guardian: Guardian,
}

impl Child {
    /// Starts a program in a process group of its own, so that the terminal's Ctrl-C reaches us alone.
    pub(crate) fn start(
        name: &'static str,
        program: &Path,
        prepare: impl FnOnce(&mut Command),
        screen: &Screen,
        ended: &UnboundedSender<Ended>,
    ) -> anyhow::Result<Self> {
        let mut command = Command::new(program);
        command.process_group(0).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        prepare(&mut command);
        let mut process = command.spawn().with_context(|| format!("starting {}", program.display()))?;
        let pid = process.id().context("a child that was just started has a process id")?;
        let guardian = Guardian::over(&[pid], "TERM").context("starting /bin/sh")?;
        let out = process.stdout.take().map(|out| tokio::spawn(pass_on(name, out, screen.clone())));
        let err = process.stderr.take().map(|err| tokio::spawn(pass_on(name, err, screen.clone())));
        let ended = ended.clone();
        let done = tokio::spawn(async move {
            let how = match process.wait().await {
                Ok(status) => status.to_string(),
                Err(error) => error.to_string(),
            };
            // Its last words come before the news of its end.
            for pump in [out, err].into_iter().flatten() {
                let _ = tokio::time::timeout(Duration::from_secs(1), pump).await;
            }
            let _ = ended.send(Ended { name, how });
        });
        Ok(Self { name, pid, done, guardian })
    }

    /// Asks it to end, waits, and insists where it does not.
    pub(crate) async fn stop(mut self, screen: &Screen) {
        let pid = i32::try_from(self.pid).ok().and_then(Pid::from_raw);
        if let Some(pid) = pid.filter(|_| !self.done.is_finished()) {
            let _ = kill_process(pid, Signal::TERM);
            if tokio::time::timeout(STOP_LIMIT, &mut self.done).await.is_err() {
                screen.say(&format!("{} did not end in {} s; killing it", self.name, STOP_LIMIT.as_secs()));
                let _ = kill_process_group(pid, Signal::KILL);
                let _ = self.done.await;
            }
        }
        self.guardian.dismiss().await;
    }
}

async fn pass_on(name: &'static str, from: impl AsyncRead + Unpin, screen: Screen) {
    let mut lines = BufReader::new(from).split(b'\n');
    while let Ok(Some(line)) = lines.next_segment().await {
        screen.pass_on(name, String::from_utf8_lossy(&line).trim_end());
    }
}
