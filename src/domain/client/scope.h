#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "project/config.h"

namespace gatehouse::client {

inline constexpr std::string_view kOpenId = "openid";
inline constexpr std::string_view kOfflineAccess = "offline_access";
inline constexpr std::string_view kFullAccess = "https://authgear.com/scopes/full-access";
inline constexpr std::string_view kFullUserInfo = "https://authgear.com/scopes/full-userinfo";

// The scopes of a request (RFC 6749 3.3) in their order, each once. Throws OAuthError invalid_scope where the text is
// malformed, `openid` is missing, or the client may not have one of them.
std::vector<std::string> parse_scope(const project::OAuthClient& client, std::string_view scope);

// What a refresh asks for (RFC 6749 6), each once; whether it was granted is judged with the grant. Throws OAuthError
// invalid_scope where it names nothing.
std::vector<std::string> parse_narrower_scope(std::string_view scope);

// The scopes of a text of ours, in their order, each once.
std::vector<std::string> split_scope(std::string_view scope);

bool has_scope(const std::vector<std::string>& scopes, std::string_view scope);
std::string join_scope(const std::vector<std::string>& scopes);

}  // namespace gatehouse::client
