//! The folder of files.

use std::path::PathBuf;

use clap::Args;

use super::Complaints;

/// As given.
#[derive(Args, Debug, Default)]
pub(crate) struct VendorArguments {
    /// Folder for exports and other files
    #[arg(long, env = "FILES_DIR", value_name = "DIR")]
    files_dir: Option<PathBuf>,
}

impl VendorArguments {
    /// Says what is wrong with it. Nothing uses it yet: a mistake shall show on the day it is made, not on the day exports
    /// arrive.
    pub(crate) fn check(&self, complaints: &mut Complaints) {
        if let Some(folder) = self.files_dir.as_ref().filter(|path| !path.as_os_str().is_empty() && !path.is_dir()) {
            complaints.add(format!(
                "FILES_DIR is \"{}\", where there is no folder. It should look like /var/lib/tenantry/files",
                folder.display()
            ));
        }
    }
}
