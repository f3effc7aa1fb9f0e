//! Parameters: forms whose names nest in brackets, from a body or a query.

use std::collections::BTreeMap;

use crate::stripe::clock::Seconds;
use crate::stripe::errors::StripeError;

/// What people attach to objects.
pub(crate) type Metadata = BTreeMap<String, String>;

/// Deepest nesting that is read.
const DEEPEST: usize = 10;

/// One value, or named ones. A list is named by its indexes.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Node {
    Text(String),
    Group(Vec<(String, Node)>),
}

/// The parameters of a call, or a part of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Params {
    /// Name of the part, for complaints; empty at the top.
    at: String,
    members: Vec<(String, Node)>,
}

impl Params {
    /// Reads `a[b][0]=c`; `a[]=c` appends.
    pub(crate) fn parse(text: &[u8]) -> Result<Self, StripeError> {
        let mut params = Self { at: String::new(), members: Vec::new() };
        params.add(text)?;
        Ok(params)
    }

    /// Reads more: a DELETE may have both a query and a body.
    pub(crate) fn add(&mut self, text: &[u8]) -> Result<(), StripeError> {
        for (name, value) in url::form_urlencoded::parse(text) {
            let path = segments(&name).filter(|path| path.len() <= DEEPEST);
            let path = path.ok_or_else(|| StripeError::unknown_parameter(&name))?;
            insert(&mut self.members, &path, &value).ok_or_else(|| StripeError::param(name, "Invalid object"))?;
        }
        Ok(())
    }

    /// Refuses names that are not among the known ones. `*` stands for any one name or index.
    pub(crate) fn check(&self, known: &[&str]) -> Result<(), StripeError> {
        let known: Vec<_> = known.iter().filter_map(|pattern| segments(pattern)).collect();
        let mut leaves = Vec::new();
        flatten(&mut Vec::new(), &self.members, &mut leaves);
        for (path, value) in leaves {
            let fits = |pattern: &[String]| {
                path.len() <= pattern.len()
                    && path.iter().zip(pattern).all(|(name, wanted)| wanted == "*" || name == wanted)
            };
            let mut begins = false;
            let mut is_known = false;
            for pattern in known.iter().filter(|pattern| fits(pattern)) {
                begins = true;
                // Nothing at all clears a whole group.
                is_known |= pattern.len() == path.len() || value.is_empty();
            }
            match (is_known, begins) {
                (true, _) => {}
                (false, true) => return Err(StripeError::param(written(&path), "Invalid object")),
                (false, false) => return Err(StripeError::unknown_parameter(&written(&path))),
            }
        }
        Ok(())
    }

    fn find(&self, name: &str) -> Option<&Node> {
        self.members.iter().find(|(member, _)| member == name).map(|(_, node)| node)
    }

    /// The full name of a member.
    pub(crate) fn name(&self, name: &str) -> String {
        if self.at.is_empty() { name.to_owned() } else { format!("{}[{name}]", self.at) }
    }

    /// Whether anything was sent under that name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// Whether nothing was sent at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// What was sent under that name, nothing included.
    pub(crate) fn raw(&self, name: &str) -> Option<&str> {
        match self.find(name)? {
            Node::Text(text) => Some(text),
            Node::Group(_) => None,
        }
    }

    /// A text that holds something.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.raw(name).filter(|text| !text.is_empty()).map(str::to_owned)
    }

    /// A text that may be cleared: the outer option says whether it was sent.
    pub(crate) fn settable(&self, name: &str) -> Option<Option<String>> {
        self.raw(name).map(|text| Some(text.to_owned()).filter(|text| !text.is_empty()))
    }

    /// A text that must be there.
    pub(crate) fn required(&self, name: &str) -> Result<String, StripeError> {
        match self.raw(name) {
            None => Err(StripeError::missing(&self.name(name))),
            Some("") => Err(StripeError::coded(
                "parameter_invalid_empty",
                format!(
                    "You passed an empty string for '{0}'. We assume empty values are an attempt to unset a parameter; \
                     however '{0}' cannot be unset.",
                    self.name(name)
                ),
            )
            .about(self.name(name))),
            Some(text) => Ok(text.to_owned()),
        }
    }

    /// True or false.
    pub(crate) fn flag(&self, name: &str) -> Result<Option<bool>, StripeError> {
        match self.raw(name) {
            None | Some("") => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(other) => Err(StripeError::param(self.name(name), format!("Invalid boolean: {other}"))),
        }
    }

    /// A whole number.
    pub(crate) fn integer(&self, name: &str) -> Result<Option<i64>, StripeError> {
        match self.raw(name) {
            None | Some("") => Ok(None),
            Some(text) => text.parse().map(Some).map_err(|_| {
                StripeError::coded("parameter_invalid_integer", format!("Invalid integer: {text}"))
                    .about(self.name(name))
            }),
        }
    }

    /// A moment.
    pub(crate) fn moment(&self, name: &str) -> Result<Option<Seconds>, StripeError> {
        self.integer(name)
            .map_err(|_| StripeError::param(self.name(name), "Invalid timestamp: must be an integer Unix timestamp"))
    }

    /// One of some words.
    pub(crate) fn word(&self, name: &str, words: &[&'static str]) -> Result<Option<&'static str>, StripeError> {
        let Some(text) = self.text(name) else {
            return Ok(None);
        };
        words.iter().find(|word| **word == text).copied().map(Some).ok_or_else(|| {
            StripeError::param(
                self.name(name),
                format!("Invalid {}: must be one of {}", self.name(name), words.join(", ")),
            )
        })
    }

    /// A list of texts.
    pub(crate) fn texts(&self, name: &str) -> Option<Vec<String>> {
        match self.find(name)? {
            Node::Text(text) if text.is_empty() => Some(Vec::new()),
            Node::Text(text) => Some(vec![text.clone()]),
            Node::Group(members) => Some(
                members
                    .iter()
                    .filter_map(|(_, node)| match node {
                        Node::Text(text) => Some(text.clone()),
                        Node::Group(_) => None,
                    })
                    .collect(),
            ),
        }
    }

    /// A group of parameters; without members when it is not there.
    pub(crate) fn group(&self, name: &str) -> Self {
        let members = match self.find(name) {
            Some(Node::Group(members)) => members.clone(),
            _ => Vec::new(),
        };
        Self { at: self.name(name), members }
    }

    /// The groups of a list.
    pub(crate) fn groups(&self, name: &str) -> Vec<Self> {
        let list = self.group(name);
        list.members
            .iter()
            .map(|(index, node)| {
                let members = match node {
                    Node::Group(members) => members.clone(),
                    Node::Text(_) => Vec::new(),
                };
                Self { at: list.name(index), members }
            })
            .collect()
    }

    /// The plain members of this part: names and texts.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.members.iter().filter_map(|(name, node)| match node {
            Node::Text(text) => Some((name.as_str(), text.as_str())),
            Node::Group(_) => None,
        })
    }

    /// Changes metadata: an empty value removes its key, an empty whole removes everything.
    pub(crate) fn merge_metadata(&self, metadata: &mut Metadata) {
        if self.raw("metadata") == Some("") {
            metadata.clear();
        }
        for (name, value) in self.group("metadata").pairs() {
            if value.is_empty() {
                metadata.remove(name);
            } else {
                metadata.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    /// The metadata of something new.
    pub(crate) fn metadata(&self) -> Metadata {
        let mut metadata = Metadata::new();
        self.merge_metadata(&mut metadata);
        metadata
    }

    /// Every name and value, in an order that does not depend on how they were sent.
    pub(crate) fn fingerprint(&self) -> String {
        let mut leaves = Vec::new();
        flatten(&mut Vec::new(), &self.members, &mut leaves);
        let mut lines: Vec<_> = leaves.iter().map(|(path, value)| format!("{}={value:?}", written(path))).collect();
        lines.sort();
        lines.join("&")
    }
}

/// `a[b][]` as `a`, `b` and nothing; `None` when the brackets do not match.
fn segments(name: &str) -> Option<Vec<String>> {
    let (head, mut rest) = name.split_at(name.find('[').unwrap_or(name.len()));
    let mut path = vec![head.to_owned()];
    while !rest.is_empty() {
        let (segment, more) = rest.strip_prefix('[')?.split_once(']')?;
        path.push(segment.to_owned());
        rest = more;
    }
    (!head.is_empty()).then_some(path)
}

fn written(path: &[String]) -> String {
    let (head, rest) = path.split_first().map_or(("", path), |(head, rest)| (head.as_str(), rest));
    rest.iter().fold(head.to_owned(), |name, segment| format!("{name}[{segment}]"))
}

/// Puts a value in its place; `None` when something else is there.
fn insert(members: &mut Vec<(String, Node)>, path: &[String], value: &str) -> Option<()> {
    let (head, rest) = path.split_first()?;
    let name = if head.is_empty() { appended(members, rest) } else { head.clone() };
    let index = members.iter().position(|(member, _)| *member == name);
    if rest.is_empty() {
        let node = Node::Text(value.to_owned());
        match index {
            Some(index) => members[index].1 = node,
            None => members.push((name, node)),
        }
        return Some(());
    }
    let index = index.unwrap_or_else(|| {
        members.push((name, Node::Group(Vec::new())));
        members.len() - 1
    });
    match &mut members[index].1 {
        Node::Group(members) => insert(members, rest, value),
        Node::Text(_) => None,
    }
}

/// The index `[]` means: the last member while it lacks what is sent, a new one otherwise.
fn appended(members: &[(String, Node)], rest: &[String]) -> String {
    if let (Some((name, Node::Group(last))), Some(wanted)) = (members.last(), rest.first())
        && !last.iter().any(|(member, _)| member == wanted)
    {
        return name.clone();
    }
    members.len().to_string()
}

fn flatten(path: &mut Vec<String>, members: &[(String, Node)], leaves: &mut Vec<(Vec<String>, String)>) {
    for (name, node) in members {
        path.push(name.clone());
        match node {
            Node::Text(text) => leaves.push((path.clone(), text.clone())),
            Node::Group(members) => flatten(path, members, leaves),
        }
        path.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(text: &str) -> Params {
        Params::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn indexes_and_empty_brackets_mean_the_same() {
        assert_eq!(params("expand[0]=a&expand[1]=b").texts("expand"), params("expand[]=a&expand[]=b").texts("expand"));
        let items = |text| {
            let read = |item: &Params| (item.text("price"), item.text("quantity"));
            params(text).groups("items").iter().map(read).collect::<Vec<_>>()
        };
        assert_eq!(
            items("items[][price]=a&items[][quantity]=1&items[][price]=b&items[][quantity]=2"),
            items("items[0][price]=a&items[0][quantity]=1&items[1][price]=b&items[1][quantity]=2"),
        );
    }

    #[test]
    fn what_nobody_knows_is_named() {
        let known = ["name", "metadata[*]", "items[*][price]"];
        let refusal = |text| params(text).check(&known).unwrap_err().body()["error"].clone();
        assert!(params("name=a&metadata[b]=c&items[0][price]=d").check(&known).is_ok());
        assert!(params("metadata=").check(&known).is_ok(), "clears");
        for (text, param) in [("nmae=a", "nmae"), ("items[0][prize]=d", "items[0][prize]"), ("name[a]=b", "name[a]")] {
            let error = refusal(text);
            assert_eq!((&error["code"], &error["param"]), (&"parameter_unknown".into(), &param.into()), "{text}");
        }
        assert_eq!(refusal("metadata=b")["message"], "Invalid object");
    }

    #[test]
    fn an_empty_value_removes() {
        let mut metadata = params("metadata[a]=1&metadata[b]=2").metadata();
        params("metadata[a]=&metadata[c]=3").merge_metadata(&mut metadata);
        assert_eq!(metadata.into_iter().collect::<Vec<_>>(), [("b".into(), "2".into()), ("c".into(), "3".into())]);
    }

    #[test]
    fn brackets_that_do_not_match_are_refused() {
        for text in ["a[b=1", "a]b[=1", "[a]=1", "a[b]c=1"] {
            assert!(Params::parse(text.as_bytes()).is_err() || params(text).check(&["a[b]"]).is_err(), "{text}");
        }
        assert!(Params::parse(b"a=1&a[b]=2").is_err());
    }
}
