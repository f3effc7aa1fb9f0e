//! The custom permissions of a session token. Clerk's own (`org:sys_…`) are never in a token.
//!
//! Version 1 lists them. Version 2 packs them: `fea` names features with their scopes, `o.per` names actions, and
//! `o.fpm` has one number for each of the organisation's features, in which bit *j* stands for action *j*. Whatever
//! cannot be read gives no permission.

/// Version 2 unpacked: `org:<feature>:<action>`, in the order of the features.
pub(crate) fn unpack(features: &str, actions: &str, masks: &str) -> Vec<String> {
    let Some(features) = organisation_features(features) else {
        return Vec::new();
    };
    let actions: Vec<&str> = actions.split(',').collect();
    let mut permissions = Vec::new();
    for (feature, mask) in features.iter().zip(masks.split(',')) {
        let bits = bits(mask);
        for (action, _) in actions.iter().zip(bits).filter(|(action, set)| *set && !action.is_empty()) {
            permissions.push(format!("org:{feature}:{action}"));
        }
    }
    permissions
}

/// The names of the features that organisations have; `None` when the list is not one.
fn organisation_features(list: &str) -> Option<Vec<&str>> {
    let mut names = Vec::new();
    for element in list.split(',') {
        let (scope, name) = element.split_once(':')?;
        if scope.contains('o') {
            names.push(name);
        }
    }
    Some(names)
}

/// The bits of a decimal number of any length, the lowest first. What is no number has none.
fn bits(decimal: &str) -> Vec<bool> {
    if decimal.is_empty() || !decimal.bytes().all(|byte| byte.is_ascii_digit()) {
        return Vec::new();
    }
    let mut digits: Vec<u8> = decimal.bytes().map(|byte| byte - b'0').collect();
    let mut bits = Vec::new();
    while digits.iter().any(|digit| *digit != 0) {
        // Halved by hand, as at school; what is left over is the next bit.
        let mut rest = 0;
        for digit in &mut digits {
            let value = rest * 10 + *digit;
            (*digit, rest) = (value / 2, value % 2);
        }
        bits.push(rest == 1);
        let zeros = digits.iter().take_while(|digit| **digit == 0).count();
        digits.drain(..zeros);
    }
    bits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_example() {
        assert_eq!(
            unpack("o:projects,u:beta,uo:reports,o:billing", "read,create,update,delete", "7,1,9"),
            [
                "org:projects:read",
                "org:projects:create",
                "org:projects:update",
                "org:reports:read",
                "org:billing:read",
                "org:billing:delete",
            ]
        );
    }

    #[test]
    fn what_cannot_be_read_gives_nothing() {
        for (features, actions, masks) in [
            ("", "read", "1"),
            ("o:projects", "", "1"),
            ("o:projects", "read", ""),
            ("o:projects", "read", "one"),
            ("o:projects", "read", "-1"),
            ("o:projects", "read", "0x1"),
            ("o:projects", "read", "2"),
            ("u:projects", "read", "1"),
            ("o:projects,broken", "read", "1,1"),
            ("o:projects", "read", ",1"),
        ] {
            assert!(unpack(features, actions, masks).is_empty(), "{features} {actions} {masks}");
        }
        // One mask too many is left over.
        assert_eq!(unpack("o:projects", "read", "1,1"), ["org:projects:read"]);
    }

    #[test]
    fn a_mask_may_be_of_any_length() {
        let actions: Vec<String> = (0..200).map(|number| format!("a{number}")).collect();
        let actions = actions.join(",");
        // 2^199 + 2^64 + 1
        let mask = "803469022129495137770981046170581301261101496891396417650688" // 2^199
            .to_owned();
        assert_eq!(unpack("o:f", &actions, &mask), ["org:f:a199"]);
        assert_eq!(unpack("o:f", &actions, "18446744073709551617"), ["org:f:a0", "org:f:a64"]);
        // 54 of them, the number that a double loses.
        assert_eq!(unpack("o:f", &actions, "18014398509481983").len(), 54);
    }
}
