//! Markdown that people type, as safe HTML: no markup of their own, no pictures, links to the web and to mailboxes alone.

use std::fmt;

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

/// Details of a procedure or a step, ready to be shown.
pub(crate) struct Markdown(String);

impl Markdown {
    pub(crate) fn of(text: &str) -> Self {
        let mut links = Vec::new();
        let events =
            Parser::new_ext(text, Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TABLES).filter_map(|event| {
                match event {
                    // Shown as it was typed.
                    Event::Html(markup) | Event::InlineHtml(markup) => Some(Event::Text(markup)),
                    // Whoever ends a line means it.
                    Event::SoftBreak => Some(Event::HardBreak),
                    // Below the title of the step it stands under.
                    Event::Start(Tag::Heading { id, classes, attrs, .. }) => {
                        Some(Event::Start(Tag::Heading { level: HeadingLevel::H4, id, classes, attrs }))
                    }
                    Event::End(TagEnd::Heading(_)) => Some(Event::End(TagEnd::Heading(HeadingLevel::H4))),
                    Event::Start(Tag::Image { .. }) | Event::End(TagEnd::Image) => None,
                    Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
                        links.push(leads_out(&dest_url));
                        leads_out(&dest_url).then_some(Event::Start(Tag::Link { link_type, dest_url, title, id }))
                    }
                    Event::End(TagEnd::Link) => links.pop()?.then_some(Event::End(TagEnd::Link)),
                    event => Some(event),
                }
            });
        let mut shown = String::with_capacity(text.len() + text.len() / 4);
        html::push_html(&mut shown, events);
        Self(shown)
    }
}

impl fmt::Display for Markdown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl askama::filters::HtmlSafe for Markdown {}

/// An address that a browser may be sent to: nothing that runs, and no page of ours under another name.
fn leads_out(address: &str) -> bool {
    let address = address.to_ascii_lowercase();
    ["https://", "http://", "mailto:"].iter().any(|scheme| address.starts_with(scheme))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_type_is_shown_and_nothing_of_it_runs() {
        for (typed, shown) in [
            ("Count **twice**", "<p>Count <strong>twice</strong></p>\n"),
            ("one\ntwo", "<p>one<br />\ntwo</p>\n"),
            ("# Big", "<h4>Big</h4>\n"),
            ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
            ("a <b onclick=x>b</b>", "<p>a &lt;b onclick=x&gt;b&lt;/b&gt;</p>\n"),
            ("![alt](https://a.example/p.png)", "<p>alt</p>\n"),
            ("[x](javascript:alert(1))", "<p>x</p>\n"),
            ("[x](/orgs/acme/settings)", "<p>x</p>\n"),
            ("[x](data:text/html,y)", "<p>x</p>\n"),
            ("[x](HTTPS://a.example/?a=1&b=\"2)", "<p><a href=\"HTTPS://a.example/?a=1&amp;b=%222\">x</a></p>\n"),
            ("<https://a.example>", "<p><a href=\"https://a.example\">https://a.example</a></p>\n"),
            ("&lt;script&gt; &#60;img&#62;", "<p>&lt;script&gt; &lt;img&gt;</p>\n"),
        ] {
            assert_eq!(Markdown::of(typed).0, shown, "{typed}");
        }
    }
}
