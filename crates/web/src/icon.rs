//! Icons by name, drawn from the one file of symbols.

use std::fmt;

use crate::assets;

/// An icon that says nothing by itself: a word stands beside it, or the control has a name.
pub(crate) struct Icon(&'static str);

/// The symbol of this name in `assets/icons.svg`.
pub(crate) fn icon(name: &'static str) -> Icon {
    Icon(name)
}

impl fmt::Display for Icon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<svg class=\"icon\" aria-hidden=\"true\"><use href=\"{}#{}\"/></svg>", assets::ICONS, self.0)
    }
}

impl askama::filters::HtmlSafe for Icon {}

#[cfg(test)]
mod tests {
    use std::path::Path;

    /// Every `icon("…")` below a folder.
    fn used(folder: &Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                used(&path, found);
            } else {
                let text = std::fs::read_to_string(&path).unwrap();
                found.extend(text.split("icon(\"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()));
            }
        }
    }

    #[test]
    fn every_icon_that_is_used_is_drawn() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let symbols = std::fs::read_to_string(here.join("assets/icons.svg")).unwrap();
        let mut names = Vec::new();
        used(&here.join("templates"), &mut names);
        assert!(names.len() > 10);
        for name in names {
            assert!(symbols.contains(&format!("id=\"{name}\"")), "no symbol {name:?}");
        }
    }
}
