//! Who and what there is in the demo organisations. Names are invented; the addresses cannot receive mail.

use domain::{BaseRole, CustomRole};

/// A person. `+clerk_test` in the address makes the sandbox (and Clerk's test mode) take [`CODE`].
#[derive(Debug)]
pub(super) struct Person {
    pub(super) first_name: &'static str,
    pub(super) last_name: &'static str,
    pub(super) address: &'static str,
}

/// The code for every test address, in the sandbox as at Clerk.
pub(super) const CODE: &str = "424242";

/// An organisation with its people and its work. The first member creates it.
#[derive(Debug)]
pub(super) struct Organisation {
    pub(super) name: &'static str,
    pub(super) slug: &'static str,
    /// By its code.
    pub(super) plan: &'static str,
    pub(super) members: &'static [Member],
    pub(super) procedures: &'static [Procedure],
}

/// A membership.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) person: &'static Person,
    pub(super) role: BaseRole,
    pub(super) custom_role: Option<CustomRole>,
}

/// A published procedure.
#[derive(Debug)]
pub(super) struct Procedure {
    pub(super) name: &'static str,
    pub(super) details: &'static str,
    /// Title and details.
    pub(super) steps: &'static [(&'static str, &'static str)],
    pub(super) runs: &'static [Run],
}

/// A run, started by the first of `ticks`, or by the organisation's first member.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) name: &'static str,
    /// Who ticked the first step, the second, …; the rest is still to do.
    pub(super) ticks: &'static [&'static Person],
}

const fn person(first_name: &'static str, last_name: &'static str, address: &'static str) -> Person {
    Person { first_name, last_name, address }
}

const fn member(person: &'static Person, role: BaseRole) -> Member {
    Member { person, role, custom_role: None }
}

const fn member_with(person: &'static Person, custom_role: CustomRole) -> Member {
    Member { person, role: BaseRole::Member, custom_role: Some(custom_role) }
}

static ADA: Person = person("Ada", "Brandt", "ada+clerk_test@acme-provisions.example");
static MAX: Person = person("Max", "Oyelaran", "max+clerk_test@acme-provisions.example");
static RITA: Person = person("Rita", "Sandoval", "rita+clerk_test@acme-provisions.example");
static BEN: Person = person("Ben", "Adler", "ben+clerk_test@acme-provisions.example");
static OLGA: Person = person("Olga", "Petrenko", "olga+clerk_test@bolt-cycles.example");
static LEILA: Person = person("Leila", "Haddad", "leila+clerk_test@northlight-studio.example");

/// Everybody.
/// Runs the installation.
pub(super) static OPAL: Person = person("Opal", "Reyes", "opal+clerk_test@operators.example");

pub(super) static PEOPLE: [&Person; 7] = [&ADA, &MAX, &RITA, &BEN, &OLGA, &LEILA, &OPAL];

/// Three customers, of which Max and Ada belong to two each; and those who run the installation.
pub(super) static ORGANISATIONS: [Organisation; 4] = [
    Organisation {
        name: "Acme Provisions",
        slug: "acme",
        plan: "business",
        members: &[
            member(&ADA, BaseRole::Admin),
            member(&MAX, BaseRole::Member),
            member_with(&RITA, CustomRole::ReportViewer),
            member_with(&BEN, CustomRole::BillingAdmin),
        ],
        procedures: &[MONTH_END, COLD_STORE, NEW_STARTER],
    },
    Organisation {
        name: "Bolt Cycles",
        slug: "bolt",
        plan: "team",
        members: &[member(&OLGA, BaseRole::Admin), member(&MAX, BaseRole::Member)],
        procedures: &[BIKE_SERVICE, OPEN_SHOP],
    },
    Organisation {
        name: "Northlight Studio",
        slug: "northlight",
        plan: "free",
        members: &[member(&LEILA, BaseRole::Admin), member(&ADA, BaseRole::Member)],
        procedures: &[NEW_CLIENT, HANDOVER],
    },
    Organisation {
        name: "Operators",
        slug: "operators",
        plan: "free",
        members: &[member(&OPAL, BaseRole::Admin)],
        procedures: &[],
    },
];

const MONTH_END: Procedure = Procedure {
    name: "Month-end close",
    details: "From the last delivery of the month to a signed report. Four working days.",
    steps: &[
        ("Stop postings for the month", "Tell warehouse and sales by noon that the period closes at 18:00."),
        ("Match supplier invoices to deliveries", "Anything without a delivery note goes to the clarification list."),
        (
            "Count the high-value stock",
            "Shelves A1 to A6, two people, on paper first. Differences above 50 € are recounted.",
        ),
        ("Reconcile the bank accounts", "Both accounts to the cent. Attach the statements."),
        ("Post accruals and depreciation", "Rent, energy and the cold store contract recur; check for new leases."),
        ("Review the margin by product group", "Explain every group that moved by more than two points."),
        ("Sign off and send the report", "Ada signs. The report goes to the owners and the tax adviser."),
    ],
    runs: &[
        Run { name: "September close", ticks: &[&ADA, &BEN, &MAX, &BEN, &BEN, &RITA, &ADA] },
        Run { name: "October close", ticks: &[&ADA, &BEN, &MAX] },
    ],
};

const COLD_STORE: Procedure = Procedure {
    name: "Cold-store check",
    details: "Twice a day, before the first and after the last delivery. Takes ten minutes.",
    steps: &[
        (
            "Read the three thermometers",
            "Dairy 2 to 4 °C, meat 0 to 2 °C, frozen below −18 °C. Outside: call the technician first.",
        ),
        ("Check the door seals", "A sheet of paper held by the closed door must not slide out."),
        ("Rotate by date", "Oldest to the front. What expires within two days goes to the discount shelf."),
        ("Wipe the floor and the handles", "Blue cloth only; the red ones are for the raw-meat counter."),
        ("Sign the sheet at the door", "Initials and time. The inspector reads this sheet first."),
    ],
    runs: &[
        Run { name: "Cold store 1, morning", ticks: &[&MAX, &MAX, &MAX, &MAX, &MAX] },
        Run { name: "Cold store 2, evening", ticks: &[&MAX, &RITA] },
    ],
};

const NEW_STARTER: Procedure = Procedure {
    name: "New starter",
    details: "Everything a new colleague needs, from the signed contract to the end of the first week.",
    steps: &[
        ("File the signed contract", "Both copies, with the tax and insurance numbers."),
        ("Order shoes, jacket and locker key", "Sizes are on the personnel sheet. Three days' notice."),
        ("Set up the till and stock accounts", "Rights like the person they stand in for; nothing more."),
        ("Book the food hygiene briefing", "It has to happen before the first shift. No exceptions."),
        ("Walk the building together", "Exits, extinguishers, first-aid box, who has the keys."),
        ("Talk after the first week", "What was unclear? Change this procedure where the answer is here."),
    ],
    runs: &[Run { name: "Jonas, warehouse", ticks: &[&ADA, &MAX, &ADA] }],
};

const BIKE_SERVICE: Procedure = Procedure {
    name: "Bike service intake",
    details: "At the counter, with the customer. No bike goes to the workshop without it.",
    steps: &[
        ("Write down the frame number", "Under the bottom bracket. Check it against the stolen list."),
        ("Ride it round the yard", "Brakes, gears, noises. Two minutes."),
        ("Agree on the work and a limit", "The customer names the sum up to which we need not call."),
        ("Take a photo of both sides", "Scratches seen now are no quarrel later."),
        ("Tag the bike and hang it up", "Tag on the saddle, hook by due day."),
    ],
    runs: &[
        Run { name: "Order 4812, gravel bike", ticks: &[&MAX, &MAX, &OLGA, &MAX, &MAX] },
        Run { name: "Order 4815, cargo bike", ticks: &[&MAX, &OLGA] },
    ],
};

const OPEN_SHOP: Procedure = Procedure {
    name: "Open the shop",
    details: "Half an hour, one person, before ten o'clock.",
    steps: &[
        ("Switch off the alarm", "The code changes with the quarter; Olga has it."),
        ("Count the till", "200 € float. Note any difference before the first sale."),
        ("Roll out the display bikes", "Locked together, the e-bikes inside when it rains."),
        ("Read the workshop messages", "Promised for today comes first."),
    ],
    runs: &[Run { name: "Saturday", ticks: &[&OLGA] }],
};

const NEW_CLIENT: Procedure = Procedure {
    name: "New client kick-off",
    details: "From the signed offer to the first working session. One week.",
    steps: &[
        ("Countersign and file the offer", "The date of the countersignature starts the schedule."),
        ("Open the project folder", "From the template, with the client's own name first."),
        ("Name one contact on each side", "Whoever decides, not whoever was on the first call."),
        ("Collect the material", "Logo as vector, fonts with licences, texts, access to the old site."),
        ("Agree on rounds of feedback", "Two rounds are in the offer. Say so again here."),
        ("Hold the first working session", "90 minutes, notes the same day."),
    ],
    runs: &[Run { name: "Harbour Museum", ticks: &[&LEILA, &ADA, &LEILA] }],
};

const HANDOVER: Procedure = Procedure {
    name: "Project handover",
    details: "The last week of a project. The invoice goes out when all of it is ticked.",
    steps: &[
        ("Freeze the final files", "Read only, named by date. Nothing is sent from a working folder."),
        ("Check fonts and picture licences", "Each in the client's name, with its receipt."),
        ("Print one proof", "On the paper that was ordered. Screens lie about black."),
        ("Hand over and take the signature", "In person where possible."),
        ("Send the final invoice", "The same day, while everybody is happy."),
    ],
    runs: &[],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_fits_and_every_tick_belongs_to_a_member() {
        for organisation in &ORGANISATIONS {
            assert!(organisation.members[0].role == BaseRole::Admin, "the first creates the organisation");
            for procedure in organisation.procedures {
                domain::procedures::ProcedureName::parse(procedure.name).unwrap();
                assert!((4..=8).contains(&procedure.steps.len()), "{}", procedure.name);
                for (title, details) in procedure.steps {
                    domain::step_templates::StepTitle::parse(title).unwrap();
                    domain::Details::parse(details).unwrap();
                }
                for run in procedure.runs {
                    domain::runs::RunName::parse(run.name).unwrap();
                    assert!(run.ticks.len() <= procedure.steps.len(), "{}", run.name);
                    for who in run.ticks {
                        let is_member = organisation.members.iter().any(|member| std::ptr::eq(member.person, *who));
                        assert!(is_member, "{} in {}", who.first_name, organisation.name);
                    }
                }
            }
        }
    }

    #[test]
    fn every_role_is_played_and_everybody_belongs_somewhere() {
        let members = || ORGANISATIONS.iter().flat_map(|organisation| organisation.members);
        for person in PEOPLE {
            assert!(members().any(|member| std::ptr::eq(member.person, person)), "{}", person.first_name);
            assert!(person.address.contains("+clerk_test@") && person.address.ends_with(".example"));
        }
        for role in [CustomRole::ReportViewer, CustomRole::BillingAdmin] {
            assert!(members().any(|member| member.custom_role == Some(role)), "{role:?}");
        }
    }
}
