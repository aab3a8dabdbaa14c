#pragma once

#include <cstdint>
#include <string_view>

#include "audit/record.h"
#include "auth/authenticator.h"
#include "base/result.h"
#include "http/message.h"
#include "http/server.h"

namespace sluice::auth {

/// Who may use a route.
enum class Who : std::uint8_t {
  kAnyone,             ///< Health checks, and URLs that carry their own signature.
  kRecipient,          ///< Whoever the recipients' authenticator knows.
  kRecipientOrAnyone,  ///< Anyone; who shows a recipient's credential is known by it.
  kOwner,              ///< Whoever the owner's authenticator knows.
  kOwnerOrLoopback,    ///< The owner, or anybody on this machine.
};

/// One row of a surface: what is served where, to whom. A handler parses, makes one call of
/// `service` and encodes; errors become responses elsewhere.
template <typename Service>
struct Route {
  std::string_view method;  ///< A GET route answers HEAD too, unless HEAD has a row of its own.
  std::string_view path;    ///< As http::Router reads it, below the surface's prefix.
  Who who;
  http::Execution execution;
  Result<http::Response> (*handle)(const http::Request& request, const Caller& caller,
                                   Service& service);
  /// What a record of such a request says was asked for.
  audit::Action action = audit::Action::kList;
};

}  // namespace sluice::auth
