#pragma once

#include <string_view>

namespace sluice::server {

/// Tells the service manager that started this process, if one did and wants to know, how it is:
/// "READY=1", "STOPPING=1". What cannot be told is dropped. Source: sd_notify(3).
void TellServiceManager(std::string_view state);

}  // namespace sluice::server
