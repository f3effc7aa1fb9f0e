//! Custom permissions as second-version session tokens carry them: features, actions, and a mask for each feature.
//!
//! Clerk's JavaScript reads the masks against the features of organisations alone and skips those of people, so only
//! the former are written here. <https://clerk.com/docs/backend-requests/resources/session-tokens>

use std::collections::BTreeMap;

/// The three texts.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct PackedPermissions {
    /// `fea`: `o:<feature>` and commas.
    pub(crate) features: String,
    /// `o.per`: actions and commas.
    pub(crate) actions: String,
    /// `o.fpm`: for each feature a decimal number, whose lowest bit stands for the first action.
    pub(crate) masks: String,
}

impl PackedPermissions {
    /// Packs keys such as `org:reports:read`; nothing when there are none. Instances have at most 50 permissions, so
    /// an action always finds its bit.
    pub(crate) fn new(keys: &[String]) -> Option<Self> {
        let mut actions: Vec<&str> = Vec::new();
        let mut features: BTreeMap<&str, u128> = BTreeMap::new();
        for (feature, action) in keys.iter().filter_map(|key| key.strip_prefix("org:")?.split_once(':')) {
            let bit = actions.iter().position(|known| *known == action).unwrap_or_else(|| {
                actions.push(action);
                actions.len() - 1
            });
            *features.entry(feature).or_default() |= 1 << bit;
        }
        let list = |items: Vec<String>| items.join(",");
        (!features.is_empty()).then(|| Self {
            features: list(features.keys().map(|feature| format!("o:{feature}")).collect()),
            actions: actions.join(","),
            masks: list(features.values().map(u128::to_string).collect()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_count_actions_from_the_lowest_bit() {
        let keys = ["org:reports:read", "org:billing:read", "org:billing:delete"].map(str::to_owned);
        let packed = PackedPermissions {
            features: "o:billing,o:reports".to_owned(),
            actions: "read,delete".to_owned(),
            masks: "3,1".to_owned(),
        };
        assert_eq!(PackedPermissions::new(&keys), Some(packed));
        assert_eq!(PackedPermissions::new(&[]), None);
    }
}
