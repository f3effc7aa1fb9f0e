//! Time zones to choose from: the IANA database's cities, by area.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Names that are no place, or another name of one, stay out.
const AREAS: &[&str] =
    &["Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"];

/// The zones of a part of the world.
pub(crate) struct Area {
    pub(crate) name: String,
    pub(crate) zones: Vec<Choice>,
}

/// A zone in the list.
pub(crate) struct Choice {
    /// `Europe/Berlin`
    pub(crate) name: String,
    /// `Europe/Berlin (UTC+1)`
    pub(crate) label: String,
    pub(crate) chosen: bool,
}

/// All of them by area, with the hours they are ahead now; what is chosen is among them, whatever it is.
pub(crate) fn areas(chosen: &str, now: Timestamp) -> Vec<Area> {
    let mut names: Vec<String> = jiff::tz::db().available().map(|name| name.to_string()).collect();
    names.retain(|name| name.split_once('/').is_some_and(|(area, _)| AREAS.contains(&area)));
    if !names.iter().any(|name| name == chosen) && chosen != "UTC" && TimeZone::get(chosen).is_ok() {
        names.push(chosen.to_owned());
    }
    names.sort();
    names.dedup();
    let mut areas = vec![Area { name: "Everywhere".to_owned(), zones: vec![choice("UTC", chosen, now)] }];
    for name in &names {
        let area = name.split('/').next().unwrap_or_default();
        if areas.last().is_none_or(|last| last.name != area) {
            areas.push(Area { name: area.to_owned(), zones: Vec::new() });
        }
        if let Some(last) = areas.last_mut() {
            last.zones.push(choice(name, chosen, now));
        }
    }
    areas
}

fn choice(name: &str, chosen: &str, now: Timestamp) -> Choice {
    let ahead = TimeZone::get(name).map_or(0, |zone| zone.to_offset(now).seconds()) / 60;
    let (hours, minutes) = (ahead.abs() / 60, ahead.abs() % 60);
    let sign = if ahead < 0 { '−' } else { '+' };
    let offset = match (hours, minutes) {
        (0, 0) => "UTC".to_owned(),
        (hours, 0) => format!("UTC{sign}{hours}"),
        (hours, minutes) => format!("UTC{sign}{hours}:{minutes:02}"),
    };
    let label = if name == offset { name.to_owned() } else { format!("{} ({offset})", name.replace('_', " ")) };
    Choice { name: name.to_owned(), label, chosen: name == chosen }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_zone_of_the_list_can_be_chosen_and_says_its_hours() {
        let winter: Timestamp = "2026-11-28T12:00:00Z".parse().unwrap();
        let all = areas("Europe/Berlin", winter);
        let labels: Vec<&str> = all.iter().flat_map(|area| &area.zones).map(|zone| zone.label.as_str()).collect();
        for label in ["UTC", "Europe/Berlin (UTC+1)", "America/New York (UTC−5)", "Asia/Kathmandu (UTC+5:45)"] {
            assert!(labels.contains(&label), "{label}");
        }
        let zones = || all.iter().flat_map(|area| &area.zones);
        assert!(zones().count() > 300);
        assert!(zones().all(|zone| domain::organisations::TimeZone::parse(&zone.name).is_ok()));
        assert_eq!(
            zones().filter(|zone| zone.chosen).map(|zone| zone.name.as_str()).collect::<Vec<_>>(),
            ["Europe/Berlin"]
        );
    }

    #[test]
    fn a_zone_that_is_stored_is_in_the_list_though_it_is_no_city() {
        let all = areas("Etc/GMT+3", Timestamp::now());
        let chosen: Vec<&str> =
            all.iter().flat_map(|area| &area.zones).filter(|zone| zone.chosen).map(|zone| zone.name.as_str()).collect();
        assert_eq!(chosen, ["Etc/GMT+3"]);
    }
}
