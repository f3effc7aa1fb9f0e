//! What customers may change of themselves.

use askama::Template;
use axum::response::{IntoResponse as _, Response};

use crate::portal::{Form, render};
use crate::stripe::pages::fields::{Field, Fields, TAX_IDS, address, address_fields, read_tax_id, status};
use crate::stripe::pages::portal::visit::{Frame, Part, Visit};

#[derive(Template)]
#[template(path = "stripe_portal_customer.html")]
struct Page {
    frame: Frame,
    action: String,
    fields: Vec<Field>,
}

/// Asks for it.
pub(super) async fn show(visit: Visit) -> Response {
    match visit.may(Part::Customer) {
        Ok(()) => page(&visit, fields(&visit)),
        Err(refusal) => refusal.into_response(),
    }
}

fn may_change(visit: &Visit, what: &str) -> bool {
    visit.configuration.features.customer_update.iter().flatten().any(|allowed| allowed == what)
}

/// The tax id there is: its id, type and value.
fn tax_id(visit: &Visit) -> Option<(String, String, String)> {
    visit.app.book.read(|book| {
        let mut all = book.tax_ids.iter().rev();
        let own = all.find(|tax_id| tax_id.customer == visit.customer.id)?;
        Some((own.id.clone(), own.kind.clone(), own.value.clone()))
    })
}

fn fields(visit: &Visit) -> Fields {
    let customer = &visit.customer;
    let mut fields = Vec::new();
    if may_change(visit, "name") {
        fields.push(Field::text("name", "Name", "organization").filled(customer.name.as_deref()));
    }
    if may_change(visit, "email") {
        fields.push(Field::email("email", "Email").filled(customer.email.as_deref()));
    }
    if may_change(visit, "phone") {
        fields.push(Field::text("phone", "Phone number", "tel").optional().filled(customer.phone.as_deref()));
    }
    if may_change(visit, "address") {
        let address = address_fields(customer.address.as_ref());
        fields.extend(address.into_iter().map(Field::optional));
    }
    if may_change(visit, "tax_id") {
        let (kind, value) = tax_id(visit).map_or((None, None), |(_, kind, value)| (Some(kind), Some(value)));
        fields.push(Field::choice("tax_id_type", "Type of tax ID", "off", TAX_IDS).optional().filled(kind.as_deref()));
        fields.push(Field::text("tax_id", "Tax ID", "off").optional().filled(value.as_deref()));
    }
    Fields(fields)
}

fn page(visit: &Visit, mut fields: Fields) -> Response {
    fields.point();
    let status = status(fields.are_good());
    let page = Page { frame: visit.frame(), action: visit.path("/customer"), fields: fields.0 };
    visit.answer(render(status, &page))
}

/// Changes what may be changed.
pub(super) async fn save(visit: Visit, form: Form) -> Response {
    if let Err(refusal) = visit.may(Part::Customer) {
        return refusal.into_response();
    }
    let mut fields = fields(&visit);
    fields.read(&form);
    let address = address(&mut fields);
    let new_tax_id = read_tax_id(&mut fields);
    if !fields.are_good() {
        return page(&visit, fields);
    }
    let has_address = [&address.line1, &address.city, &address.postal_code].into_iter().any(Option::is_some);
    let id = &visit.customer.id;
    let old_tax_id = tax_id(&visit);
    let changed = visit.write(|book, at| {
        book.portal_update_customer(id, at, |customer| {
            if fields.has("name") {
                customer.name = fields.value("name");
            }
            if fields.has("email") {
                customer.email = fields.value("email");
            }
            if fields.has("phone") {
                customer.phone = fields.value("phone");
            }
            if fields.has("line1") {
                customer.address = has_address.then_some(address);
            }
        })?;
        let old = old_tax_id.as_ref().map(|(_, kind, value)| (kind.clone(), value.clone()));
        if fields.has("tax_id") && old != new_tax_id {
            if let Some((id, ..)) = &old_tax_id {
                book.remove_tax_id(id, at);
            }
            if let Some((kind, value)) = &new_tax_id {
                book.add_tax_id(id, kind, value, at);
            }
        }
        Ok::<_, crate::stripe::StripeError>(())
    });
    match changed {
        Ok(()) => visit.finish("customer"),
        Err(refusal) => {
            fields.refuse("name", &refusal.message);
            page(&visit, fields)
        }
    }
}
