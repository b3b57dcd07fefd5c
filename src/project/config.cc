#include "project/config.h"

namespace gatehouse::project {

bool OAuthClient::is_confidential() const {
  return application_type == ApplicationType::confidential || application_type == ApplicationType::third_party_app ||
         application_type == ApplicationType::m2m;
}

bool OAuthClient::personal_data_in_tokens() const {
  return application_type == ApplicationType::confidential || application_type == ApplicationType::third_party_app;
}

bool OAuthClient::full_access_scope_allowed() const { return !is_confidential(); }

}  // namespace gatehouse::project
