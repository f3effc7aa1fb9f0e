//! Ready-made procedures to start from: real enough to be used as they are, and changed where a team does it otherwise.

use super::due::{After, Due};
use super::evidence::{Field, FieldKind};
use super::procedures::{self, ProcedureId, ProcedureName};
use super::run_name::RunPattern;
use super::step_rules::{Assignee, StepRules};
use super::step_templates::{self, StepTitle};
use crate::{Details, Error, OrgTx, Result};

/// A procedure that can be taken as a draft.
#[derive(Debug)]
pub struct ReadyMade {
    /// Names it in addresses.
    pub key: &'static str,
    /// Its name.
    pub name: &'static str,
    /// What it is for.
    pub details: &'static str,
    /// What its runs are called.
    pub run_name: &'static str,
    /// In order.
    pub steps: &'static [Step],
}

/// One step of it.
#[derive(Debug)]
pub struct Step {
    section: &'static str,
    title: &'static str,
    details: &'static str,
    /// Days after the start.
    due: Option<(i32, bool)>,
    must_wait: bool,
    sign_off: bool,
    fields: &'static [(&'static str, FieldKind, bool, &'static [&'static str])],
}

const fn step(section: &'static str, title: &'static str, details: &'static str) -> Step {
    Step { section, title, details, due: None, must_wait: false, sign_off: false, fields: &[] }
}

impl Step {
    /// Due so many days after the start.
    const fn days(self, days: i32) -> Self {
        Self { due: Some((days, false)), ..self }
    }

    /// Due so many working days after the start.
    const fn working_days(self, days: i32) -> Self {
        Self { due: Some((days, true)), ..self }
    }

    /// After the step before it.
    const fn waits(self) -> Self {
        Self { must_wait: true, ..self }
    }

    /// Agreed to by another person.
    const fn signed(self) -> Self {
        Self { sign_off: true, ..self }
    }

    /// With this written down.
    const fn asks(self, fields: &'static [(&'static str, FieldKind, bool, &'static [&'static str])]) -> Self {
        Self { fields, ..self }
    }

    fn rules(&self) -> StepRules {
        let field = |(label, kind, required, choices): &(&str, FieldKind, bool, &[&str])| Field {
            key: String::new(),
            label: (*label).to_owned(),
            kind: *kind,
            required: *required,
            choices: choices.iter().map(|&choice| choice.to_owned()).collect(),
        };
        StepRules {
            section: self.section.to_owned(),
            assignee: Assignee::Starter,
            due: self.due.map(|(days, weekdays)| Due { after: After::Start, days, weekdays }),
            must_wait: self.must_wait,
            sign_off: self.sign_off,
            fields: self.fields.iter().map(field).collect(),
        }
    }
}

/// All of them, in the order they are offered.
pub const ALL: &[ReadyMade] = &[
    ReadyMade {
        key: "opening-checklist",
        name: "Opening checklist",
        details: "Every morning, before the first customer or the first delivery.",
        run_name: "Opening, {date}",
        steps: &[
            step(
                "Outside",
                "Walk round the building",
                "Doors, windows, lights, anything left overnight. Photograph damage before you touch it.",
            )
            .days(0),
            step("Outside", "Unlock and switch off the alarm", "").days(0),
            step(
                "Inside",
                "Read the fridge and freezer temperatures",
                "Fridges **0 to 5 °C**, freezers **−18 °C or colder**. Out of range is a problem on this step.",
            )
            .days(0)
            .asks(&[("Fridge, °C", FieldKind::Number, true, &[]), ("Freezer, °C", FieldKind::Number, true, &[])]),
            step("Inside", "Count the float in the till", "Count it twice. It should be what last night's sheet says.")
                .days(0)
                .asks(&[("Counted", FieldKind::Number, true, &[])]),
            step("Inside", "Check that the first-aid box and extinguishers are in place", "").days(0),
            step("Ready", "Put up today's prices and notices", "").days(0),
            step("Ready", "Open the doors", "").days(0).waits(),
        ],
    },
    ReadyMade {
        key: "weekly-stock-check",
        name: "Weekly stock check",
        details: "What is there, what is missing, what has to be ordered. Count before you look at the system.",
        run_name: "Stock check, {week}",
        steps: &[
            step("Count", "Count the dry store", "Shelf by shelf, from the top left. Opened packs count as none.")
                .days(0),
            step("Count", "Count the cold store", "").days(0),
            step("Count", "Count the returns cage", "Say what each return is waiting for.").days(0).asks(&[(
                "Items in the cage",
                FieldKind::Number,
                true,
                &[],
            )]),
            step(
                "Compare",
                "Enter the counts and look at the differences",
                "Anything more than **2 %** off is counted again by somebody else.",
            )
            .days(1)
            .waits()
            .asks(&[("Largest difference, %", FieldKind::Number, true, &[])]),
            step("Compare", "Write off what is past its date", "").days(1).signed(),
            step("Order", "Order what is below its minimum", "").days(1).waits().asks(&[
                ("Order number", FieldKind::Text, false, &[]),
                ("Delivery expected", FieldKind::Date, false, &[]),
            ]),
        ],
    },
    ReadyMade {
        key: "month-end-close",
        name: "Month-end close",
        details: "Everything that has to be in the books before the month is closed. Give the steps to whoever keeps them.",
        run_name: "Month-end close, {month}",
        steps: &[
            step("Bank and payables", "Import the bank statements", "All accounts, to the last day of the month.")
                .working_days(1),
            step(
                "Bank and payables",
                "Reconcile the bank accounts",
                "Every line has a booking; what has none is asked about today.",
            )
            .working_days(1)
            .waits()
            .asks(&[("Unexplained difference", FieldKind::Number, true, &[])]),
            step("Bank and payables", "Match card receipts", "").working_days(2),
            step(
                "Bank and payables",
                "Reconcile the supplier statements",
                "Anything over 50 that cannot be explained becomes a problem on this step.",
            )
            .working_days(2)
            .asks(&[("Statements checked", FieldKind::Choice, true, &["All suppliers", "Top 20 only"])]),
            step("Ledger", "Post accruals and prepayments", "").working_days(3),
            step("Ledger", "Run the depreciation", "").working_days(3),
            step("Ledger", "Review the VAT report", "Against last month and last year.").working_days(4),
            step(
                "Close",
                "Review the management report",
                "Look at margins first; explain what moved by more than a tenth.",
            )
            .working_days(5)
            .waits(),
            step("Close", "Close the ledger period", "Nothing is booked into it from here on.")
                .working_days(5)
                .waits()
                .signed(),
        ],
    },
    ReadyMade {
        key: "new-starter",
        name: "New starter",
        details: "From the signed contract to the end of the first month. Name the run after the person.",
        run_name: "New starter, {date}",
        steps: &[
            step("Before the first day", "Get the signed contract and the bank details", "").days(2),
            step("Before the first day", "Order laptop, phone and keys", "").days(3).asks(&[(
                "Arrives on",
                FieldKind::Date,
                true,
                &[],
            )]),
            step(
                "Before the first day",
                "Set up mail, calendar and the tools of the team",
                "Give the rights of the role, not those of whoever had it before.",
            )
            .days(5),
            step("Before the first day", "Tell the team who comes, when and for what", "").days(5),
            step("First day", "Show the building, the exits and the first-aid box", "").days(7),
            step("First day", "Go through the safety rules and sign them", "").days(7).signed(),
            step("First week", "Introduce them to everybody they will work with", "").days(12),
            step("First month", "Talk: what goes well, what is missing", "").days(37).asks(&[(
                "What was agreed",
                FieldKind::Text,
                false,
                &[],
            )]),
        ],
    },
    ReadyMade {
        key: "incident",
        name: "Incident",
        details: "Something went wrong: an accident, a leak, a failed system. People first, then the cause.",
        run_name: "Incident, {date}",
        steps: &[
            step(
                "At once",
                "Make sure that people are safe",
                "Call for help if anybody is hurt. Nothing else is urgent until this is ticked.",
            )
            .days(0)
            .asks(&[("Anybody hurt", FieldKind::Choice, true, &["Nobody", "Slightly", "Seriously"])]),
            step("At once", "Stop it from getting worse", "").days(0).waits(),
            step(
                "At once",
                "Tell whoever has to know",
                "Manager, customers who are affected, authorities where the law says so.",
            )
            .days(0),
            step("Find out", "Write down what happened, when, and who saw it", "Facts and times. No blame.")
                .days(1)
                .asks(&[("What happened", FieldKind::Text, true, &[])]),
            step("Find out", "Find the cause", "Ask why five times.").days(3).waits(),
            step("Learn", "Agree what changes, and who does it", "").days(5).waits().asks(&[(
                "What changes",
                FieldKind::Text,
                true,
                &[],
            )]),
            step("Learn", "Check that it has changed", "").days(20).waits().signed(),
        ],
    },
];

/// The one of this key.
pub fn find(key: &str) -> Option<&'static ReadyMade> {
    ALL.iter().find(|one| one.key == key)
}

/// Takes one as a draft of the organisation's own. `NotFound` where there is none of this key.
pub async fn take(tx: &mut OrgTx, key: &str) -> Result<ProcedureId> {
    let one = find(key).ok_or(Error::NotFound)?;
    let id = procedures::create(tx, &ProcedureName::parse(one.name)?, &Details::parse(one.details)?).await?;
    procedures::name_runs(tx, id, &RunPattern::parse(one.run_name)?).await?;
    for step in one.steps {
        let added = step_templates::add(tx, id, &StepTitle::parse(step.title)?, &Details::parse(step.details)?).await?;
        step_templates::rule(tx, id, added, &step.rules()).await?;
    }
    Ok(id)
}
