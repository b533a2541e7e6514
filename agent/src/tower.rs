//! A tower layer that observes each request: what it awaits while it is handled, and whether it was dropped
//! half way, which is what happens when the client hangs up.

use crate::observe::{Observed, Place, observer};
use http::Request;
use http::request::Parts;
use std::collections::HashMap;
use std::fmt;
use std::panic::Location;
use std::sync::{Arc, PoisonError, RwLock};
use std::task::{Context, Poll};
use tower_layer::Layer;
use tower_service::Service;

/// Most labels of one layer. A request beyond is counted under its method and [`OTHER_ROUTES`].
pub const MOST_LABELS: usize = 256;
/// Stands for all routes that found no room.
pub const OTHER_ROUTES: &str = "(other routes)";

const OTHER_METHODS: &str = "(other methods)";

/// Observes the handling of each request, under its method and route: `POST /orders`.
///
/// A request whose handling is dropped before it is done is told with how long it took until then, and where
/// it was waiting as far as that is observed too: put [`#[observe]`](macro@crate::observe) on the handlers.
///
/// The route is the path of the request, unless [`route`](Self::route) says better. A path with ids in it
/// makes a label of each id, and there is room for [`MOST_LABELS`]. With axum:
///
/// ```
/// use axum::extract::MatchedPath;
/// use axum::{Router, routing::get};
/// use taskscope_agent::tower::ObserveLayer;
///
/// let layer = ObserveLayer::new().route(|request| {
///     request.extensions.get::<MatchedPath>().map_or("(no route)", MatchedPath::as_str)
/// });
/// let app: Router = Router::new().route("/orders/{id}", get(|| async { "7" })).layer(layer);
/// ```
///
/// All requests of a layer are of one place: where the layer was made.
#[derive(Clone)]
pub struct ObserveLayer {
    labels: Arc<Labels>,
}

type Route = Box<dyn Fn(&Parts) -> &str + Send + Sync>;

/// Method and route of a request to the place that counts it.
struct Labels {
    made_at: &'static Location<'static>,
    route: Option<Route>,
    known: RwLock<Known>,
}

#[derive(Default)]
struct Known {
    places: HashMap<String, HashMap<String, &'static Place>>,
}

impl ObserveLayer {
    /// A layer that labels requests with their method and path.
    #[must_use]
    #[track_caller]
    pub fn new() -> Self {
        Self::with(Location::caller(), None)
    }

    /// A layer that labels requests with their method and what this gives.
    #[must_use]
    pub fn route(self, route: impl Fn(&Parts) -> &str + Send + Sync + 'static) -> Self {
        Self::with(self.labels.made_at, Some(Box::new(route)))
    }

    fn with(made_at: &'static Location<'static>, route: Option<Route>) -> Self {
        Self { labels: Arc::new(Labels { made_at, route, known: RwLock::default() }) }
    }
}

impl Default for ObserveLayer {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for ObserveLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObserveLayer").finish_non_exhaustive()
    }
}

impl<S> Layer<S> for ObserveLayer {
    type Service = ObserveService<S>;

    fn layer(&self, inner: S) -> ObserveService<S> {
        ObserveService { inner, labels: Arc::clone(&self.labels) }
    }
}

/// What [`ObserveLayer`] makes of a service.
#[derive(Clone)]
pub struct ObserveService<S> {
    inner: S,
    labels: Arc<Labels>,
}

impl<S: fmt::Debug> fmt::Debug for ObserveService<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObserveService").field("inner", &self.inner).finish_non_exhaustive()
    }
}

impl<S, B> Service<Request<B>> for ObserveService<S>
where
    S: Service<Request<B>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Observed<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Observed<S::Future> {
        let (parts, body) = request.into_parts();
        let place = self.labels.place(&parts);
        Observed::at(self.inner.call(Request::from_parts(parts, body)), place)
    }
}

impl Labels {
    /// The place of a request; `None` while there is no agent.
    fn place(&self, request: &Parts) -> Option<&'static Place> {
        let observer = observer()?;
        let (method, path) = (request.method.as_str(), request.uri.path());
        let route = self.route.as_ref().map_or(path, |route| route(request));
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner).find(method, route);
        if known.is_some() {
            return known;
        }
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        // There may be any number of routes, and of methods too, that somebody makes up.
        let (method, route) = match (known.is_full(), known.places.contains_key(method)) {
            (false, _) => (method, route),
            (true, true) => (method, OTHER_ROUTES),
            (true, false) => (OTHER_METHODS, OTHER_ROUTES),
        };
        known.find(method, route).or_else(|| {
            // Leaked, for nodes name it for ever; there are only so many.
            let label: &'static str = format!("{method} {route}").leak();
            let place = observer.place_of_requests(self.made_at, label);
            known.places.entry(method.to_owned()).or_default().insert(route.to_owned(), place);
            Some(place)
        })
    }
}

impl Known {
    /// The place of this route, or that of all that find no room.
    fn find(&self, method: &str, route: &str) -> Option<&'static Place> {
        let found = self.places.get(method).and_then(|routes| routes.get(route)).copied();
        found.or_else(|| {
            let routes = self.places.get(method).or_else(|| self.places.get(OTHER_METHODS));
            routes.filter(|_| self.is_full())?.get(OTHER_ROUTES).copied()
        })
    }

    fn is_full(&self) -> bool {
        self.places.values().map(HashMap::len).sum::<usize>() >= MOST_LABELS
    }
}
