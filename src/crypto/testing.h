#pragma once

// An RSA key for tests alone, made by
//   openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out key.pem
//   openssl pkey -in key.pem -pubout
// It opens nothing.

namespace sluice::crypto {

inline constexpr char kTestRsaPrivateKey[] = R"(-----BEGIN PRIVATE KEY-----
MIIEvwIBADANBgkqhkiG9w0BAQEFAASCBKkwggSlAgEAAoIBAQDMNONhZlcMUD6j
jA1DO4HGMvO/PhrcEaQqqeIkFJ4TLVuflx0gkwK/+d6D6gGnOCVa62TwD4PLWpRQ
T8Vp8NRhipWHIqMDzMNQk8nwCLTZDS7AISZ/rcdjjkph4smedond+sELTqXaB0ER
SiFmZ5Vj0/QBOgzWxM0Fv9pF6ro5BM88N23F63/ayuIdzIttW0yuLLe6oj2f3KLL
9B3RVEzRqBjVptIHRLA0Tmyb5pJzaMgQF2MY74Df8aSiyBDec58OJti1rF38vpAY
Oe2FQosBCegqRC8AqcRm/GsDw1PyBdGqw+reujjCyHKOLSXsy9sdfYVtzGCa/5D3
N9Oq9bYZAgMBAAECggEAB/5sBkSQ1MkRYqqZXE/oiR82fn6KY6IHKKpk0V/DPmHw
q8MpHzzSBzzbUpOnA+pFQBVl6qXY1W2Sz8AHrNmCHt1jdBpNglkSLkXSymQ03ChR
c7D4hlgBraqEy+cqWFswk3F8/BnUkT/mcqxRuWYFqZZC/4dLuF6U3gxAGauSJagy
C9KYqrqTgpJNbEcN0xJD261+nNLMxJzWduZ4ymo1gOl8JNR7GfyGVhB12GbN9Rvu
YuDJtbLETKqjLam2xQeEwpABrpM25RE6G6bHf+JMHA+pCI10Ib/89pbXsxnFxNKM
hGU4pLfKWv1IvduBV38Cig3oMBDM7TBD8qn7q8+uRwKBgQD9V3lTrlnTwCuKFeTP
9qg9ariRlyMJtU2axLnbVzFkWH/BWjKM+D5XSQjIMCTGszlK22ukjPGK+QWnBaDT
CRiW/pzzYw9+knWY1t68slqZclZOJUJCFWR+JNmBKqKQhBrbJm4tcb6vDfJVuvmZ
KQwc8YfTPFoM3uKdn0xaXVSuawKBgQDOWW1551krdzE7IozeBuF3i5BCci/Dqoki
5Y5o5+aLwqadZolhmcObxDntLaznpkCaT/HihVvPJFifb6lrKWVuIh9AHpW9tZxr
RKkO7irzRJV0+lTtvzQKR4tPb4H3tSIPhM9f7sKnHX9gN0/E8Z2DSrL3GQzYjPH6
r0n8vc2GiwKBgQDRB63Jx9/CAZtrEel7Ve82zamAJw334qonew5G1kignQy8QmnX
OrRlXJNsaZzOfe5Vv3mvicN6gUGSr+gkeCrb2zUw9JlCPCHfe9rIIvjyBw8C52cm
E3SZSFpWYxFC4F0wWSMrR+Cnm4BKED4Fi4K9FuSU/ATo/bZJi7h6DuviBQKBgQC+
UeEVVHn8Cv1PS3idt77w4bp2bpb7YykFFLEatPkA4tGFz3LaoFW4L242AbC+H6rq
KN4yTUn2bdGHjBe4jP/Oao5kN1FpHj5c+YDsEmNu6EzpDZKTjYzUBlTJOVGoRFpb
8eTK2I6UUDKRbbKXNTpQQ+941JPyj10IF/Cnue/8LQKBgQCA86ZPM1/vlGLsV/up
PzLp7vamVEV4uDsyXqiYAHhcibTrCNu7/xjWurEOJ+95xY9ajdbG3bQehgfmGkFZ
1/1bdmDXisJMzEp0qokTdnT+OWtX1d2r/JtGnuOky7zvZXcFe2pbWIQrIG5IvHFI
rZN+dlaXfI39cQdvoiE0ribaiw==
-----END PRIVATE KEY-----
)";

inline constexpr char kTestRsaPublicKey[] = R"(-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAzDTjYWZXDFA+o4wNQzuB
xjLzvz4a3BGkKqniJBSeEy1bn5cdIJMCv/neg+oBpzglWutk8A+Dy1qUUE/FafDU
YYqVhyKjA8zDUJPJ8Ai02Q0uwCEmf63HY45KYeLJnnaJ3frBC06l2gdBEUohZmeV
Y9P0AToM1sTNBb/aReq6OQTPPDdtxet/2sriHcyLbVtMriy3uqI9n9yiy/Qd0VRM
0agY1abSB0SwNE5sm+aSc2jIEBdjGO+A3/GkosgQ3nOfDibYtaxd/L6QGDnthUKL
AQnoKkQvAKnEZvxrA8NT8gXRqsPq3ro4wshyji0l7MvbHX2Fbcxgmv+Q9zfTqvW2
GQIDAQAB
-----END PUBLIC KEY-----
)";

}  // namespace sluice::crypto
