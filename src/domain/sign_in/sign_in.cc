#include "domain/sign_in/sign_in.h"

#include "domain/client/oauth_error.h"
#include "platform/base/json_text.h"
#include "platform/crypto/hash.h"
#include "platform/crypto/random.h"

namespace gatehouse::sign_in {

namespace {

constexpr Seconds kSignInLives = std::chrono::minutes{25};
constexpr Seconds kFinishedLives = std::chrono::minutes{5};
constexpr std::size_t kIdLength = 32;
constexpr std::size_t kMostBytes = 16'384;

namespace json = boost::json;

std::int64_t micros(TimePoint t) { return t.time_since_epoch().count(); }

TimePoint time_of(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return TimePoint{Micros{value != nullptr && value->is_int64() ? value->get_int64() : 0}};
}

std::vector<std::string> texts_of(const json::object& object, std::string_view key) {
  std::vector<std::string> texts;
  const json::value* value = object.if_contains(key);
  if (value == nullptr || !value->is_array()) {
    return texts;
  }
  for (const json::value& item : value->get_array()) {
    if (item.is_string()) {
      texts.emplace_back(item.get_string());
    }
  }
  return texts;
}

json::object object_of(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_object() ? value->get_object() : json::object();
}

bool flag_of(const json::object& object, std::string_view key, bool otherwise) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_bool() ? value->get_bool() : otherwise;
}

json::object to_json(const SignIn& sign_in) {
  return {{"id", sign_in.id},
          {"created_at", micros(sign_in.created_at)},
          {"client_id", sign_in.client_id},
          {"authorization_request", sign_in.authorization_request},
          {"prompt", json::value_from(sign_in.prompt)},
          {"login_hint", sign_in.login_hint},
          {"ui_locales", sign_in.ui_locales},
          {"page", sign_in.page},
          {"suppress_session", sign_in.suppress_session}};
}

SignIn sign_in_from(const json::object& object) {
  SignIn sign_in;
  sign_in.id = text_at(object, "id");
  sign_in.created_at = time_of(object, "created_at");
  sign_in.client_id = text_at(object, "client_id");
  sign_in.authorization_request = object_of(object, "authorization_request");
  sign_in.prompt = texts_of(object, "prompt");
  sign_in.login_hint = text_at(object, "login_hint");
  sign_in.ui_locales = text_at(object, "ui_locales");
  sign_in.page = text_at(object, "page");
  sign_in.suppress_session = flag_of(object, "suppress_session", false);
  return sign_in;
}

json::object to_json(const AuthenticationInfo& info) {
  json::object object{{"user_id", info.user_id.str()},
                      {"amr", json::value_from(info.amr)},
                      {"authenticated_at", micros(info.authenticated_at)},
                      {"announced", info.announced}};
  if (info.session_id) {
    object["session_id"] = info.session_id->str();
  }
  return object;
}

AuthenticationInfo authentication_from(const json::object& object) {
  AuthenticationInfo info;
  info.user_id = UserId{text_at(object, "user_id")};
  info.amr = texts_of(object, "amr");
  info.authenticated_at = time_of(object, "authenticated_at");
  if (std::string session = text_at(object, "session_id"); !session.empty()) {
    info.session_id = SessionId{std::move(session)};
  }
  info.announced = flag_of(object, "announced", true);
  return info;
}

bool is_id(std::string_view text) {
  return text.size() == kIdLength && text.find_first_not_of(crypto::kCrockford) == std::string_view::npos;
}

// What the sealed text belongs to: it opens nowhere else.
std::string binding(const project::Context& ctx, std::string_view kind, const std::string& id) {
  return ctx.app_id().str() + '\0' + std::string(kind) + '\0' + id;
}

std::string redis_key(const project::Context& ctx, const std::string& id) {
  return "app:" + ctx.app_id().str() + ":sign-in:" + crypto::sha256_hex(id);
}

}  // namespace

Task<SignIn> SignIns::create(project::Context& ctx, SignIn sign_in) {
  co_await limiter_.take_start(ctx, "sign_in_start");
  sign_in.id = crypto::random_text(kIdLength, crypto::kCrockford);
  sign_in.created_at = ctx.now();
  std::string plain = json::serialize(to_json(sign_in));
  if (plain.size() > kMostBytes) {
    throw client::invalid_request("the authorization request is too large: 16 KiB at most");
  }
  std::string sealed = keys_.seal(crypto::Purpose::sign_in, plain, binding(ctx, "sign_in", sign_in.id));
  co_await redis_.set(ctx, redis_key(ctx, sign_in.id), std::move(sealed), kSignInLives);
  co_return sign_in;
}

Task<std::optional<SignIn>> SignIns::find(project::Context& ctx, std::string id) {
  if (!is_id(id)) {
    co_return std::nullopt;
  }
  const auto sealed = co_await redis_.get(ctx, redis_key(ctx, id));
  if (!sealed) {
    co_return std::nullopt;
  }
  const auto plain = keys_.open(crypto::Purpose::sign_in, *sealed, binding(ctx, "sign_in", id));
  if (!plain) {
    co_return std::nullopt;
  }
  SignIn found = sign_in_from(json::parse(*plain).as_object());
  if (ctx.now() >= found.created_at + kSignInLives) {
    co_return std::nullopt;
  }
  co_return found;
}

std::string FinishedSignIns::insert(postgres::Batch& batch, const project::Context& ctx,
                                    const FinishedSignIn& finished) {
  static constexpr postgres::Sql kSql =
      "INSERT INTO _gatehouse_finished_sign_in (app_id, hash, expires_on, expires_at, sealed) VALUES ($1, $2, $3, $4, "
      "$5)";
  const std::string code = crypto::random_text(kIdLength, crypto::kCrockford);
  const TimePoint expires_at = ctx.now() + kFinishedLives;
  const json::object plain{{"sign_in", to_json(finished.sign_in)},
                           {"authentication", to_json(finished.authentication)}};
  batch.add(kSql, ctx.app_id(), postgres::Binary{crypto::sha256(code)}, consume::expiry_day(expires_at), expires_at,
            keys_.seal(crypto::Purpose::sign_in, json::serialize(plain), binding(ctx, "finished_sign_in", code)));
  return code;
}

Task<std::string> FinishedSignIns::add(project::Context& ctx, FinishedSignIn finished) {
  postgres::Batch batch;
  std::string code = insert(batch, ctx, finished);
  co_await consume::commit(ctx, std::move(batch));
  co_return code;
}

Task<bool> FinishedSignIns::discard(project::Context& ctx, consume::Artefact artefact) {
  co_return co_await consume::commit(ctx, std::move(artefact), {}) == consume::Outcome::done;
}

Task<std::optional<FinishedSignIns::Found>> FinishedSignIns::find(project::Context& ctx, std::string code) {
  // It lives for less than a day: it expires today or tomorrow.
  static constexpr postgres::Sql kSql =
      "SELECT sealed, expires_on FROM _gatehouse_finished_sign_in "
      "WHERE app_id = $1 AND hash = $2 AND expires_on IN ($3, $4) AND expires_at > $5";
  if (!is_id(code)) {
    co_return std::nullopt;
  }
  const auto today = consume::expiry_day(ctx.now());
  const auto row = co_await ctx.db().run(kSql, postgres::Params(ctx.app_id(), postgres::Binary{crypto::sha256(code)},
                                                                today, today + std::chrono::days{1}, ctx.now()));
  if (row.rows() == 0) {
    co_return std::nullopt;
  }
  const auto plain = keys_.open(crypto::Purpose::sign_in, row.at(0, 0).value(), binding(ctx, "finished_sign_in", code));
  if (!plain) {
    co_return std::nullopt;
  }
  std::chrono::sys_days expires_on;
  postgres::decode(row.at(0, 1).value(), expires_on);
  const json::object object = json::parse(*plain).as_object();
  Found found;
  found.finished.sign_in = sign_in_from(object_of(object, "sign_in"));
  found.finished.authentication = authentication_from(object_of(object, "authentication"));
  found.artefact = consume::Artefact{"finished_sign_in", std::move(code), expires_on};
  co_return found;
}

}  // namespace gatehouse::sign_in
