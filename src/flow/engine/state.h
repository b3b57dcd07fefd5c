#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <boost/describe.hpp>
#include <boost/json.hpp>

#include "domain/authenticator/password.h"
#include "domain/identity/login_id.h"
#include "domain/model/user.h"
#include "domain/verification/one_time_code.h"
#include "flow/engine/definition.h"

namespace gatehouse::flow {

using FlowId = StrongString<struct FlowIdTag>;    // "authflow_" + 32 Crockford characters
using NeedKey = StrongString<struct NeedKeyTag>;  // hexadecimal; the same question has the same key

inline constexpr int kStateFormat = 1;
inline constexpr std::size_t kLargestState = std::size_t{64} * 1024;

// A step on the way: where it stands, and which of its branches was taken.
struct Frame {
  Pointer at;
  StepType kind = StepType::identify;
  std::optional<int> branch;
};

// ---- Needs: what a step asks the world. They live within one turn and are never stored, so a password may be in them.

// The identity that this login ID names. Where `to_create`, one that may be made: invalid ones are Error
// Invalid/ValidationFailed. Where `hide`, a stand-in takes the place of what must not be told: nobody at a login,
// somebody at a sign-up. Otherwise a password that came along is hashed in vain for accounts that do not exist.
struct FindIdentity {
  Identification by = Identification::email;
  std::string login_id;
  bool to_create = false;
  bool hide = false;
  std::optional<authenticator::Password> came_along;
};

// Checks the policy (Error Invalid/PasswordPolicyViolated), the history of `user` if there is one, then hashes.
struct HashPassword {
  authenticator::Password password;
  std::vector<std::string> user_inputs;  // count against guessability
  std::optional<UserId> user;
};

// Through the limiter and the lockout; takes as long for a user without a password, and for a stand-in.
struct CheckPassword {
  authenticator::Password password;
  identity::NormalizedLoginId login_id;  // that the user was found by
  User user;
  std::optional<std::string> login_id_of_nobody;  // set where `user` is a stand-in
  std::string kind;                               // primary, secondary
  std::vector<PasswordAuthenticator> stored;
  std::vector<std::string> user_inputs;
};

// Where the address is `taken` by an account, the message says that instead, and no code is right.
struct SendCode {
  Channel channel = Channel::email;
  std::string target;
  UserId user;
  bool taken = false;
};

struct CheckCode {
  Channel channel = Channel::email;
  std::string target;
  std::string code;
  bool taken = false;
};

using Need = std::variant<FindIdentity, HashPassword, CheckPassword, SendCode, CheckCode>;

// ---- Answers.

struct FoundIdentity {
  identity::NormalizedLoginId asked;
  std::optional<identity::FoundLogin> found;
  std::optional<UserId> stand_in;  // never together with `found`
};

struct HashedPassword {
  std::string hash;
};

struct CheckedPassword {
  bool matches = false;
  PasswordAuthenticator authenticator;  // the one that matched, as it was read
  std::optional<std::string> new_hash;  // the same password in a newer format
  std::optional<ForceChangeReason> force_change_reason;
};

struct SentCode {
  TimePoint expires_at;
  TimePoint can_resend_at;
};

struct CheckedCode {
  verification::CodeVerdict verdict = verification::CodeVerdict::wrong;
};

using Answer = std::variant<FoundIdentity, HashedPassword, CheckedPassword, SentCode, CheckedCode>;

// What a step learned. What is proved by it (the user may sign in, the hash is the one that was verified) is required
// again when the flow is committed.
struct Fact {
  NeedKey key;
  Pointer at;
  Answer got;
};

// ---- Changes: what is written when the flow finishes, in this order, all or nothing.

struct CreateUser {
  UserId user;
};
struct AddIdentity {
  UserId user;
  identity::NormalizedLoginId login_id;
};
struct MarkVerified {
  UserId user;
  VerifiedClaim claim;
};
struct AddAuthenticator {
  UserId user;
  std::string kind;
  std::string password_hash;
};
struct UpgradeHash {
  AuthenticatorId authenticator;
  std::string old_hash;
  std::string new_hash;
};
struct SetPassword {
  PasswordAuthenticator authenticator;  // with the new hash
};
struct OpenSession {
  UserId user;
  std::vector<std::string> amr;
};

using Change =
    std::variant<CreateUser, AddIdentity, MarkVerified, AddAuthenticator, UpgradeHash, SetPassword, OpenSession>;

struct Planned {
  Pointer at;  // the step that wants it; the flow itself for the session
  Change change;
};

// A flow between two inputs: an immutable value. Kept sealed, at most 64 KiB, without any password in the clear.
struct State {
  int format = kStateFormat;
  FlowId flow;
  FlowType type = FlowType::login;
  std::string name;
  std::string definition;  // digest
  TimePoint created_at;
  UserId new_user;          // who is made by a sign-up
  std::vector<Frame> path;  // from the outermost step to the one that waits; empty once finished
  std::vector<Frame> done;  // completed steps, in the order of completion
  std::vector<Fact> facts;
  std::vector<Planned> plan;
  bool finished = false;
};

// The completed step of that name; null where it was not passed.
const Frame* completed(const State& state, const Definition& definition, std::string_view step_name);

// What that step learned of this kind.
template <class A>
const A* learned(const State& state, const Pointer& at) {
  for (const auto& fact : state.facts) {
    if (fact.at == at) {
      if (const auto* answer = std::get_if<A>(&fact.got)) {
        return answer;
      }
    }
  }
  return nullptr;
}

// What that step has planned of this kind.
template <class C>
const C* planned(const State& state, const Pointer& at) {
  for (const auto& planned : state.plan) {
    if (planned.at == at) {
      if (const auto* change = std::get_if<C>(&planned.change)) {
        return change;
      }
    }
  }
  return nullptr;
}

// What the identified user was found by; null in a sign-up, and where nobody was found.
const FoundIdentity* found_identity(const State& state);
// The identified user as read from the database; null in a sign-up.
const identity::FoundLogin* identified(const State& state);
// The user whom the flow is about, known after identification. A stand-in is none: such a flow leads nowhere.
std::optional<UserId> user_of(const State& state);
// What was found where nobody's account, or somebody's address at a sign-up, is hidden; null otherwise.
const FoundIdentity* stand_in(const State& state);
// Authentication methods that the flow has proved or set up, as `amr` values.
std::vector<std::string> amr_of(const State& state);
// What a password must not be guessed from: the user's login IDs.
std::vector<std::string> user_inputs(const State& state);

BOOST_DESCRIBE_STRUCT(Frame, (), (at, kind, branch))
BOOST_DESCRIBE_STRUCT(FoundIdentity, (), (asked, found, stand_in))
BOOST_DESCRIBE_STRUCT(HashedPassword, (), (hash))
BOOST_DESCRIBE_STRUCT(CheckedPassword, (), (matches, authenticator, new_hash, force_change_reason))
BOOST_DESCRIBE_STRUCT(SentCode, (), (expires_at, can_resend_at))
BOOST_DESCRIBE_STRUCT(CheckedCode, (), (verdict))
BOOST_DESCRIBE_STRUCT(Fact, (), (key, at, got))
BOOST_DESCRIBE_STRUCT(CreateUser, (), (user))
BOOST_DESCRIBE_STRUCT(AddIdentity, (), (user, login_id))
BOOST_DESCRIBE_STRUCT(MarkVerified, (), (user, claim))
BOOST_DESCRIBE_STRUCT(AddAuthenticator, (), (user, kind, password_hash))
BOOST_DESCRIBE_STRUCT(UpgradeHash, (), (authenticator, old_hash, new_hash))
BOOST_DESCRIBE_STRUCT(SetPassword, (), (authenticator))
BOOST_DESCRIBE_STRUCT(OpenSession, (), (user, amr))
BOOST_DESCRIBE_STRUCT(Planned, (), (at, change))
BOOST_DESCRIBE_STRUCT(State, (),
                      (format, flow, type, name, definition, created_at, new_user, path, done, facts, plan, finished))

}  // namespace gatehouse::flow
