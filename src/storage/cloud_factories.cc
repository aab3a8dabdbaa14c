#include "storage/stores.h"

namespace sluice::storage {

StoreFactories CloudFactories() {
  return {{"s3", NewS3Store},
          {"az", NewAzureStore},
          {"gs", NewGoogleStore},
          {"http", NewHttpStore},
          {"https", NewHttpStore}};
}

}  // namespace sluice::storage
