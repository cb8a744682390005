//! Errors, as JavaScript makes a DOMException, an RTCError, a TypeError or a RangeError of them.

use napi::bindgen_prelude::{JsObjectValue, Object};
use napi::{Env, Status};
use peer::Error;

/// The name by which JavaScript knows which kind of object to make.
fn name(error: &Error) -> &'static str {
    if error.detail.is_some() { "RTCError" } else { error.name.as_str() }
}

fn describe(error: &Error, object: &mut Object<'_>) -> napi::Result<()> {
    object.set_named_property("name", name(error))?;
    if let Some(detail) = error.detail {
        object.set_named_property("errorDetail", detail.as_str())?;
        object.set_named_property("sdpLineNumber", error.sdp_line_number)?;
        object.set_named_property("sctpCauseCode", error.sctp_cause_code.map(u32::from))?;
    }
    Ok(())
}

/// An error that is handed over: `{ name, message }`, and with the name RTCError its attributes.
pub(crate) fn to_js<'env>(env: &'env Env, error: &Error) -> napi::Result<Object<'env>> {
    let mut object = Object::new(env)?;
    object.set_named_property("message", error.message.as_str())?;
    describe(error, &mut object)?;
    Ok(object)
}

/// Throws an error of the same form.
pub(crate) fn throw(env: &Env, error: &Error) -> napi::Error {
    let thrown = || {
        let mut object = env.create_error(napi::Error::from_reason(error.message.as_str()))?;
        describe(error, &mut object)?;
        env.throw(object)
    };
    match thrown() {
        Ok(()) => napi::Error::from_status(Status::PendingException),
        Err(error) => error,
    }
}

/// The result of a call, thrown if it is an error.
pub(crate) trait OrThrow<T> {
    fn or_throw(self, env: &Env) -> napi::Result<T>;
}

impl<T> OrThrow<T> for Result<T, Error> {
    fn or_throw(self, env: &Env) -> napi::Result<T> {
        self.map_err(|error| throw(env, &error))
    }
}

/// A value that JavaScript should not have let through.
pub(crate) fn invalid(what: &str, value: &str) -> Error {
    Error::new(peer::ErrorName::TypeError, format!("'{value}' is not a valid {what}"))
}
