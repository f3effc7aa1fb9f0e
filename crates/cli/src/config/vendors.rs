//! The place of files.

use clap::Args;
use files::Files;

use super::Complaints;
use super::complaints::Shown;

/// As given.
#[derive(Args, Debug, Default)]
pub(crate) struct VendorArguments {
    /// Folder of exports, the same for server and worker: its path, or file:/// and its path [default: tenantry-files]
    #[arg(long, env = "FILES_DIR", value_name = "DIR")]
    files_dir: Option<String>,
}

impl VendorArguments {
    /// Says what is wrong with it, and gives the place of files.
    pub(crate) fn check(&self, complaints: &mut Complaints) -> Files {
        let given = self.files_dir.as_deref().filter(|text| !text.is_empty());
        let form = "/var/lib/tenantry/files or file:///var/lib/tenantry/files";
        let files = complaints.optional("FILES_DIR", form, Shown::Value, given, |text| Files::parse(text).ok());
        if let Some(folder) = files.as_ref().map(Files::folder).filter(|path| !path.is_dir()) {
            complaints.add(format!(
                "FILES_DIR is \"{}\", where there is no folder. It should look like /var/lib/tenantry/files",
                folder.display()
            ));
        }
        files.unwrap_or_default()
    }
}
