//! The folder of mails and the folder of files.

use std::path::PathBuf;

use clap::Args;

use super::Complaints;

/// As given.
#[derive(Args, Debug, Default)]
pub(crate) struct VendorArguments {
    /// Folder that outgoing mails are written to
    #[arg(long, env = "MAIL_DIR", value_name = "DIR")]
    mail_dir: Option<PathBuf>,
    /// Folder for exports and other files
    #[arg(long, env = "FILES_DIR", value_name = "DIR")]
    files_dir: Option<PathBuf>,
}

impl VendorArguments {
    /// Says what is wrong with them. Nothing uses them yet: a mistake shall show on the day it is made, not on the
    /// day mails and exports arrive.
    pub(crate) fn check(&self, complaints: &mut Complaints) {
        for (name, given) in [("MAIL_DIR", &self.mail_dir), ("FILES_DIR", &self.files_dir)] {
            if let Some(folder) = given.as_ref().filter(|path| !path.as_os_str().is_empty() && !path.is_dir()) {
                complaints.add(format!(
                    "{name} is \"{}\", where there is no folder. It should look like /var/lib/tenantry/files",
                    folder.display()
                ));
            }
        }
    }
}
