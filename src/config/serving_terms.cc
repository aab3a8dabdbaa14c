#include "config/serving_terms.h"

namespace sluice::config {

Result<Delivery> ParseDelivery(std::string_view text) {
  for (const Delivery delivery :
       {Delivery::kAuto, Delivery::kUrl, Delivery::kProxy, Delivery::kDirectory}) {
    if (text == DeliveryName(delivery)) return delivery;
  }
  return InvalidArgument("expected auto, url, proxy or dir, got '{}'", text);
}

std::string_view DeliveryName(Delivery delivery) {
  switch (delivery) {
    case Delivery::kAuto: return "auto";
    case Delivery::kUrl: return "url";
    case Delivery::kProxy: return "proxy";
    case Delivery::kDirectory: return "dir";
  }
  return "";
}

ServingTerms ServingTerms::Or(const ServingTerms& others) const {
  return {.delivery = delivery ? delivery : others.delivery,
          .freshness = freshness ? freshness : others.freshness,
          .serve_stale_for = serve_stale_for ? serve_stale_for : others.serve_stale_for,
          .downloads_need_token =
              downloads_need_token ? downloads_need_token : others.downloads_need_token};
}

}  // namespace sluice::config
