# frozen_string_literal: true

# Real Rails in Astria's place: a witness of what it understands of each request.
#
# Routes are Astria's. Every request is noted as rack and ActionDispatch read it (method after overrides, path, the parameters
# of path, query and body, files by size and SHA-256), then answered with an object of the shape that is documented.
# `GET /__log` tells what was noted since the last time. Paths under `/__plain` are the same without `Rack::MethodOverride`, and
# answer with the note itself: what a body says, whatever `_method` makes of its request. Nothing here keeps anything, checks a
# key, or makes pictures.
#
# Debian's packages are enough: ruby-actionpack, ruby-rack, puma. Rails keeps `Rack::MethodOverride` in its default stack, and
# so do we. Parameters are not wrapped (`wrap_parameters` off), so that what is noted is what was sent.

require "action_controller"
require "base64"
require "digest"
require "json"

PLAIN = "/__plain"
NOTES = Queue.new
IDS = Queue.new
IDS << 1

# One request: raw facts before Rails sees it, Rails' own reading after.
class Witness
  def initialize(app)
    @app = app
  end

  def call(env)
    return taken if env["PATH_INFO"] == "/__log"

    note = {
      "sent_method" => env["REQUEST_METHOD"],
      "path" => env["PATH_INFO"],
      "query" => env["QUERY_STRING"],
      "content_type" => env["CONTENT_TYPE"],
      "authorization" => env["HTTP_AUTHORIZATION"],
      "workspace" => env["HTTP_X_WORKSPACE_ID"],
    }
    env["witness.note"] = note
    status, headers, body = answered(env, note)
    note["status"] = status
    return told(note) if env["SCRIPT_NAME"] == PLAIN

    NOTES << note
    [status, headers, body]
  end

  private

  # Without Rails' own pages for errors, its exceptions arrive here; they are named, and get the status that Rails gives them.
  def answered(env, note)
    @app.call(env)
  rescue Exception => e # rubocop:disable Lint/RescueException
    note["exception"] = "#{e.class}: #{e.message}"
    status = ActionDispatch::ExceptionWrapper.status_code_for_exception(e.class.name)
    [status, { "Content-Type" => "text/plain" }, [e.class.name]]
  end

  def taken
    notes = []
    notes << NOTES.pop(true) until NOTES.empty?
    told(notes)
  end

  def told(notes)
    [200, { "Content-Type" => "application/json" }, [JSON.generate(notes)]]
  end
end

# Answers everything.
class AstriaController < ActionController::Base
  before_action :note

  def pack = render(json: { id: 260, slug: "corporate-headshots", title: "Corporate", costs: {} })
  def list = render(json: [])
  def inspection = render(json: { name: text(params[:name]), eye_color: "blue eyes", blurry: false })
  def tune = render(json: tune_object(next_id), status: 201)
  def old_tune = render(json: tune_object(params[:id].to_i))
  def prompt = render(json: prompt_object(next_id), status: 201)
  def old_prompt = render(json: prompt_object(params[:id].to_i))
  def nothing = head(:created)
  def deleted = render(json: { message: "deleted" })

  private

  # Ids are sequential, as Astria's.
  def next_id
    id = IDS.pop
    IDS << id + 1
    id
  end

  # Only once everything was read: what raises on the way leaves nothing.
  def note
    # The route sets these two itself.
    path = request.path_parameters.stringify_keys.except("controller", "action")
    read = { "method" => request.request_method, "action" => action_name, "path_params" => shown(path),
             "query_params" => shown(request.query_parameters), "body_params" => shown(request.request_parameters),
             "params" => shown(params.to_unsafe_h.except("controller", "action")) }
    request.env["witness.note"].merge!(read)
  end

  # Parameters as JSON; a file as an object of one member that no parameter can be.
  def shown(value)
    case value
    when Hash then value.to_h { |key, inner| [key.to_s, shown(inner)] }
    when Array then value.map { |inner| shown(inner) }
    when ActionDispatch::Http::UploadedFile then file(value)
    else value
    end
  end

  def file(upload)
    content = upload.tap(&:rewind).read
    { "<file>" => { "filename" => upload.original_filename, "content_type" => upload.content_type,
                    "size_bytes" => content.bytesize, "sha256" => Digest::SHA256.hexdigest(content),
                    "base64" => Base64.strict_encode64(content) } }
  end

  def object(name)
    value = params[name]
    value.respond_to?(:to_unsafe_h) ? value.to_unsafe_h : {}
  end

  def text(value) = value.is_a?(String) ? value : nil

  def prompt_object(id)
    given = object(:prompt)
    tune = params[:tune_id] || given["tune_id"] || 1
    { id: id, tune_id: tune.to_s.to_i, text: text(given["text"]), callback: text(given["callback"]),
      num_images: (given["num_images"] || 4).to_s.to_i, created_at: "2026-11-21T12:00:00.000Z", images: [] }
  end

  def tune_object(id)
    given = object(:tune)
    { id: id, title: text(given["title"]), name: text(given["name"]), callback: text(given["callback"]),
      branch: text(given["branch"]), created_at: "2026-11-21T12:00:00.000Z", orig_images: [] }
  end
end

ROUTES = ActionDispatch::Routing::RouteSet.new
ROUTES.draw do
  to = ->(action) { { to: "astria##{action}" } }
  get "packs", **to["list"]
  get "gallery/packs", **to["list"]
  get "gallery/tunes", **to["list"]
  get "gallery", **to["list"]
  get "p/:id", **to["pack"]
  post "p/:pack_id/tunes", **to["tune"]
  post "images/inspect", **to["inspection"]
  post "themes", **to["nothing"]
  get "tunes", **to["list"]
  post "tunes", **to["tune"]
  get "tunes/:id", **to["old_tune"]
  patch "tunes/:id", **to["old_tune"]
  put "tunes/:id", **to["old_tune"]
  delete "tunes/:id", **to["deleted"]
  ["tunes/:tune_id/prompts", "prompts"].each do |prompts|
    get prompts, **to["list"]
    post prompts, **to["prompt"]
    get "#{prompts}/:id", **to["old_prompt"]
    patch "#{prompts}/:id", **to["old_prompt"]
    put "#{prompts}/:id", **to["old_prompt"]
    delete "#{prompts}/:id", **to["deleted"]
  end
  post "prompts/:id/duplicate", **to["prompt"]
  %w[like likes].each do |like|
    post "prompts/:id/#{like}", **to["nothing"]
    delete "prompts/:id/#{like}", **to["nothing"]
  end
end

map PLAIN do
  use Witness
  run ROUTES
end

map "/" do
  use Witness
  use Rack::MethodOverride
  run ROUTES
end
