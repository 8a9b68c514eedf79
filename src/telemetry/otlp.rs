//! Sends spans to a collector: OTLP over HTTP, in a thread of its own.
//!
//! The exporter's client blocks on purpose: an async one panics in the batch thread, and traces would stop
//! without a word.

use std::borrow::Cow;
use std::time::{Duration, UNIX_EPOCH};

use opentelemetry::trace::{
    SpanContext, SpanId, SpanKind as OtelKind, Status, TraceFlags, TraceId, TraceState,
};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{BatchSpanProcessor, SpanData, SpanEvents, SpanLinks, SpanProcessor as _};

use super::spans::{SpanKind, SpanRecord};
use crate::config::Otlp;
use crate::trace::TraceContext;

/// How long the end of the process waits for a collector.
const LAST_SEND: Duration = Duration::from_secs(2);

pub(super) struct Exporter {
    processor: BatchSpanProcessor,
    scope: InstrumentationScope,
    sample_ratio: f64,
}

impl Exporter {
    /// Errors: in words for the operator.
    pub(super) fn start(settings: &Otlp) -> Result<Self, String> {
        let endpoint = settings.endpoint.clone();
        let timeout = Duration::from_millis(settings.timeout_ms);
        // A blocking client cannot be made where async code runs.
        let made = std::thread::spawn(move || {
            let client = reqwest::blocking::Client::builder()
                .no_proxy()
                .redirect(reqwest::redirect::Policy::none())
                .timeout(timeout)
                .build()
                .map_err(|error| error.to_string())?;
            SpanExporter::builder()
                .with_http()
                .with_http_client(client)
                .with_protocol(Protocol::HttpBinary)
                .with_endpoint(endpoint)
                .with_timeout(timeout)
                .build()
                .map_err(|error| error.to_string())
        });
        let exporter = made.join().map_err(|_| "the exporter could not be built".to_owned())??;
        let mut processor = BatchSpanProcessor::builder(exporter).build();
        let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
        let resource = Resource::builder_empty()
            .with_service_name(settings.service_name.clone())
            .with_attribute(version.clone())
            .build();
        opentelemetry_sdk::trace::SpanProcessor::set_resource(&mut processor, &resource);
        let scope = InstrumentationScope::builder("astria-gateway").with_version(env!("CARGO_PKG_VERSION"));
        Ok(Self { processor, scope: scope.build(), sample_ratio: settings.sample_ratio })
    }

    /// A trace that begins here, sampled as often as configured.
    pub(super) fn begin(&self) -> TraceContext {
        let context = TraceContext::generate(true);
        // 32 bits of the id decide, so that they decide the same everywhere.
        let share = f64::from((context.trace_id() & 0xffff_ffff) as u32) / f64::from(u32::MAX);
        if share < self.sample_ratio || self.sample_ratio >= 1.0 { context } else { context.unsampled() }
    }

    pub(super) fn record(&self, record: &SpanRecord<'_>) {
        let trace_id = TraceId::from(record.place.trace_id());
        let context = SpanContext::new(
            trace_id,
            SpanId::from(record.place.span_id()),
            TraceFlags::SAMPLED,
            false,
            TraceState::default(),
        );
        let end_time = UNIX_EPOCH + Duration::from_millis(record.ended_at.unix_ms());
        self.processor.on_end(SpanData {
            span_context: context,
            parent_span_id: record.parent.map_or(SpanId::INVALID, |parent| SpanId::from(parent.span_id)),
            parent_span_is_remote: record.parent.is_some_and(|parent| parent.is_remote),
            span_kind: match record.kind {
                SpanKind::Request => OtelKind::Server,
                SpanKind::Call => OtelKind::Client,
            },
            name: Cow::Borrowed(record.name),
            start_time: end_time.checked_sub(record.took).unwrap_or(UNIX_EPOCH),
            end_time,
            attributes: attributes(record),
            dropped_attributes_count: 0,
            events: SpanEvents::default(),
            links: SpanLinks::default(),
            status: status(record),
            instrumentation_scope: self.scope.clone(),
        });
    }

    pub(super) fn finish(&self) {
        if let Err(error) = self.processor.shutdown_with_timeout(LAST_SEND) {
            tracing::warn!(%error, "the last spans were not sent");
        }
    }
}

/// Source: OpenTelemetry semantic conventions, HTTP spans, 1.37 (read 2026-11-21).
fn attributes(record: &SpanRecord<'_>) -> Vec<KeyValue> {
    let mut attributes = vec![KeyValue::new("http.request.method", record.method.to_owned())];
    if record.status != 0 {
        attributes.push(KeyValue::new("http.response.status_code", i64::from(record.status)));
    }
    if !record.error.is_empty() {
        attributes.push(KeyValue::new("error.type", record.error));
    }
    attributes
}

/// A 4xx is the caller's error: not a failure of the span that answered it, but one of a call that got it.
fn status(record: &SpanRecord<'_>) -> Status {
    let failed_from = match record.kind {
        SpanKind::Request => 500,
        SpanKind::Call => 400,
    };
    if record.status == 0 || record.status >= failed_from {
        Status::error(record.error)
    } else {
        Status::Unset
    }
}
