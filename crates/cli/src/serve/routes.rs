//! What each request is answered with.

use std::convert::Infallible;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};

use super::problem::Problem;
use super::{Server, assets};
use crate::echo::Refused;

/// Longest body that is read.
const MAX_BODY: usize = 1_000_000;
/// A longer body is received up to here and thrown away, so that the client gets to read the refusal.
const MAX_DISCARDED: usize = 16_000_000;
/// Longest time for a body.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);
const SDP: &str = "application/sdp";
const FRAGMENT: &str = sdp::fragment::MEDIA_TYPE;
/// The page fetches nothing from elsewhere, and says so.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; worker-src 'self'; connect-src 'self'; \
     img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

type Reply = Response<Full<Bytes>>;

/// Answers one request.
pub(super) async fn answer(server: &Server, request: Request<Incoming>) -> Result<Reply, Infallible> {
    let permitted = server.access.permits(request.headers());
    let origin = server.access.allowed_origin(request.headers()).filter(|_| permitted);
    let result = if permitted {
        route(server, request).await
    } else {
        let message = "this server listens on loopback: it answers to loopback names and pages only";
        Err(Problem::new(StatusCode::FORBIDDEN, "SecurityError", message))
    };
    let mut reply = result.unwrap_or_else(|problem| refusal(&problem));
    let headers = reply.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::VARY, HeaderValue::from_static("Origin"));
    if let Some(origin) = origin {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("Location"));
    }
    // The answer to HEAD is that to GET; hyper keeps its body back and its length in.
    Ok(reply)
}

async fn route(server: &Server, request: Request<Incoming>) -> Result<Reply, Problem> {
    let path = request.uri().path().to_owned();
    let resource = path.strip_prefix("/echo").map(|rest| rest.split('/').skip(1).collect::<Vec<_>>());
    match (request.method(), resource.as_deref()) {
        (&Method::OPTIONS, Some([] | [_] | [_, "status"])) => Ok(preflight()),
        (&Method::POST, Some([])) if path == "/echo" => create(server, request).await,
        (&Method::PATCH, Some([id])) => trickle(server, id, request).await,
        (&Method::DELETE, Some([id])) => match server.sessions.remove(id) {
            true => Ok(reply(StatusCode::OK, &[], "")),
            false => Err(Problem::not_found()),
        },
        (&Method::GET | &Method::HEAD, Some([id, "status"])) => status(server, id).await,
        (_, Some([])) if path == "/echo" => Err(not_allowed("POST, OPTIONS")),
        (_, Some([id])) if server.sessions.find(id).is_some() => Err(not_allowed("PATCH, DELETE, OPTIONS")),
        (&Method::GET | &Method::HEAD, None) => page(&path),
        (_, None) if assets::find(&path).is_some() => Err(not_allowed("GET, HEAD")),
        _ => Err(Problem::not_found()),
    }
}

/// `POST /echo`: an offer in, an answer out.
async fn create(server: &Server, request: Request<Incoming>) -> Result<Reply, Problem> {
    let offer = text_body(request, SDP).await?;
    match server.sessions.create(offer).await {
        Ok((id, answer)) => {
            let location = format!("/echo/{id}");
            Ok(reply(
                StatusCode::CREATED,
                &[(header::CONTENT_TYPE, SDP), (header::LOCATION, &location)],
                answer,
            ))
        }
        Err(Refused::Full) => Err(Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "QuotaExceededError",
            "there are as many sessions as this server takes; try again later",
        )),
        Err(Refused::Offer(error)) => Err(Problem::bad_request(&error)),
        Err(Refused::Failed(error)) => {
            Err(Problem::new(StatusCode::INTERNAL_SERVER_ERROR, error.name.as_str(), error.message))
        }
    }
}

/// `PATCH /echo/ID`: candidates of the client.
async fn trickle(server: &Server, id: &str, request: Request<Incoming>) -> Result<Reply, Problem> {
    let session = server.sessions.find(id).ok_or_else(Problem::not_found)?;
    let fragment = text_body(request, FRAGMENT).await?;
    let fragment = sdp::Fragment::parse(&fragment).map_err(|error| Problem {
        line: Some(error.line),
        ..Problem::new(StatusCode::BAD_REQUEST, "SyntaxError", error.kind.to_string())
    })?;
    session.add_candidates(&fragment).await.map_err(|error| Problem::bad_request(&error))?;
    Ok(reply(StatusCode::NO_CONTENT, &[], ""))
}

/// `GET /echo/ID/status`.
async fn status(server: &Server, id: &str) -> Result<Reply, Problem> {
    let session = server.sessions.find(id).ok_or_else(Problem::not_found)?;
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    Ok(reply(StatusCode::OK, &headers, session.status().await.to_string()))
}

fn page(path: &str) -> Result<Reply, Problem> {
    let asset = assets::find(path).ok_or_else(Problem::not_found)?;
    let headers = [
        (header::CONTENT_TYPE, asset.media_type),
        // A newer program on the same port must not meet an older page.
        (header::CACHE_CONTROL, "no-cache"),
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    Ok(reply(StatusCode::OK, &headers, asset.body))
}

/// The answer to `OPTIONS`: RFC 9725, section 4.2 names `Accept-Post`.
fn preflight() -> Reply {
    let headers = [
        (HeaderName::from_static("accept-post"), SDP),
        (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, PATCH, DELETE"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "Content-Type"),
        (header::ACCESS_CONTROL_MAX_AGE, "86400"),
    ];
    reply(StatusCode::NO_CONTENT, &headers, "")
}

fn not_allowed(allow: &'static str) -> Problem {
    let message = format!("the methods here are {allow}");
    Problem { allow: Some(allow), ..Problem::new(StatusCode::METHOD_NOT_ALLOWED, "NotAllowedError", message) }
}

/// Reads the body as text of this media type.
async fn text_body(request: Request<Incoming>, media_type: &str) -> Result<String, Problem> {
    let fits = is_media_type(request.headers(), media_type);
    let body = tokio::time::timeout(BODY_TIMEOUT, read_body(request.into_body())).await.map_err(|_| {
        Problem::new(StatusCode::REQUEST_TIMEOUT, "TimeoutError", "the body did not come in time")
    })?;
    // The media type is judged after the body was received: a refusal before it may never be read.
    if !fits {
        let message = format!("the body's Content-Type must be {media_type}");
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "TypeError", message));
    }
    String::from_utf8(body?).map_err(|error| {
        let line = error.as_bytes()[..error.utf8_error().valid_up_to()]
            .iter()
            .filter(|byte| **byte == b'\n')
            .count();
        Problem {
            line: Some(line as u32 + 1),
            ..Problem::new(StatusCode::BAD_REQUEST, "SyntaxError", "the body is not UTF-8")
        }
    })
}

async fn read_body(mut body: Incoming) -> Result<Vec<u8>, Problem> {
    let mut read = BytesMut::new();
    let mut received = 0;
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else {
            return Err(Problem::new(StatusCode::BAD_REQUEST, "NetworkError", "the body broke off"));
        };
        let Ok(data) = frame.into_data() else { continue };
        received += data.len();
        if received <= MAX_BODY {
            read.extend_from_slice(&data);
        } else if received > MAX_DISCARDED {
            break;
        }
    }
    if received > MAX_BODY {
        let message = format!("the body is longer than {MAX_BODY} bytes");
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "QuotaExceededError", message));
    }
    Ok(read.into())
}

/// Whether `Content-Type` is this type, whatever its parameters.
fn is_media_type(headers: &HeaderMap, expected: &str) -> bool {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().is_some_and(|essence| essence.trim().eq_ignore_ascii_case(expected))
}

fn refusal(problem: &Problem) -> Reply {
    let mut reply =
        reply(problem.status, &[(header::CONTENT_TYPE, "application/problem+json")], problem.to_json());
    if let Some(allow) = problem.allow {
        reply.headers_mut().insert(header::ALLOW, HeaderValue::from_static(allow));
    }
    reply
}

fn reply(status: StatusCode, headers: &[(HeaderName, &str)], body: impl Into<Bytes>) -> Reply {
    let mut reply = Response::new(Full::new(body.into()));
    *reply.status_mut() = status;
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_str(value) {
            reply.headers_mut().insert(name.clone(), value);
        }
    }
    reply
}
