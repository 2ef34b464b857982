//! Record an offer, from a reply or from the web form (rule H2), and follow its edits (H6).

use super::ServiceError;
use crate::db::Tx;
use crate::domain::offer::WebOffer;
use crate::ids::{HelpRequestId, OfferId};

/// Records an offer from the web form.
///
/// # Errors
/// When the request takes no offers any more.
pub fn record_web_offer(tx: &mut Tx<'_>, request: HelpRequestId, new: WebOffer) -> Result<OfferId, ServiceError> {
    let _ = (tx, request, new);
    todo!()
}
