// Generated from crds/signingkeys.dev_signingkeysets.yaml by `make generate`. Do not edit.
import type { JsonSchema } from './json-schema.ts';
import type { StoredMeta } from './stored-meta.ts';

/** One verifier, or several of the same kind. */
export interface SigningKeySetSpecVerifier {
  /**
   * A name of your choice. The status uses it if the verifier must be restarted to forget a key.
   */
  readonly name: string;
  /**
   * The library or proxy that it runs, with its default settings; docs/verifiers.md lists the
   * values of each. For any other library, or for settings of your own, write cacheTTL instead.
   */
  readonly preset?: 'jose' | 'jwks-rsa' | 'get-jwks' | 'pyjwt' | 'authlib' | 'go-oidc' | 'kube-apiserver' | 'keyfunc' | 'jwx-v2' | 'nimbus' | 'spring' | 'spring-reactive' | 'dotnet' | 'envoy' | 'istio' | 'istio-envoy' | 'espv2' | 'aws-http-api' | 'kong' | 'mod-auth-openidc';
  /**
   * The longest time until it uses a key that is newly served, and the longest time that it keeps
   * using a key that it knows. A duration from 0s to 8760h, such as 1h30m.
   */
  readonly cacheTTL?: string;
}

/** When keys are rotated. */
export interface SigningKeySetSpecRotation {
  /**
   * I: how long a key signs before the next one takes over. At least publicationDelay +
   * sharedCacheTTL + the largest of verifierCacheTTL and verifiers + signerRefreshDelay + tokenTTL
   * + verifierLeeway + 3 x clockSkew. A duration from 1s to 26280h, such as 1h30m.
   */
  readonly interval: string;
  /**
   * If true, the next key is published as soon as the present one signs, so that verifiers know it
   * long before it is needed. If false, it is published just in time for the rotation.
   */
  readonly standby: boolean;
  /**
   * While true, there are no scheduled or requested rotations. The first key is still created, keys
   * are still published and removed, and a rollback or a revocation still switches keys.
   */
  readonly suspend: boolean;
}

/**
 * How long changes take to reach issuers and verifiers. The defaults fit mounted volumes, and
 * verifiers without a shared cache in front of the JWKS.
 */
export interface SigningKeySetSpecTiming {
  /**
   * H: the longest time that a cache between the JWKS server and a verifier, such as a CDN, serves
   * an old JWKS. A duration from 0s to 720h, such as 1h30m.
   */
  readonly sharedCacheTTL: string;
  /**
   * P: the longest time from the write of the JWKS ConfigMap until every server and mount shows it.
   * A kubelet needs 60 to 90 s, which the default covers. After a failed mount it may take up to
   * 2m2s more: if mounts fail on your nodes, declare 4m or more. A duration from 1s to 24h, such as
   * 1h30m.
   */
  readonly publicationDelay: string;
  /**
   * Ps: the longest time from the write of the signer Secret until every issuer signs with the new
   * key: the kubelet's delay, as for publicationDelay, plus the issuer's reload interval. A
   * duration from 0s to 24h, such as 1h30m.
   */
  readonly signerRefreshDelay: string;
  /**
   * L: how long after its exp a verifier still accepts a token, at most. 5m is the largest default
   * among the common libraries. A duration from 0s to 24h, such as 1h30m.
   */
  readonly verifierLeeway: string;
  /**
   * S: the largest difference between any two clocks of issuers, verifiers, the operator and the
   * API server. A duration from 0s to 1h, such as 5s.
   */
  readonly clockSkew: string;
}

/** One workload. */
export interface SigningKeySetSpecSignerRestart {
  /** Its kind, in the API group apps. */
  readonly kind: 'Deployment' | 'StatefulSet' | 'DaemonSet';
  /** Its name. */
  readonly name: string;
}

/** The Secret that issuers mount; it holds the key that signs. */
export interface SigningKeySetSpecSigner {
  /** The name of the Secret; <name of the set>-signer if left out. It can't be changed. */
  readonly secretName?: string;
  /**
   * Labels to put on the signer Secret besides the operator's own. At most 16. Keys under
   * signingkeys.dev/ and app.kubernetes.io/managed-by belong to the operator. Those that ask other
   * controllers to copy the Secret are not put on it (docs/errors.md, MetadataRefused).
   */
  readonly labels?: Readonly<Record<string, string>>;
  /**
   * Annotations to put on the signer Secret besides the operator's own. At most 16. Keys under
   * signingkeys.dev/ and app.kubernetes.io/managed-by belong to the operator. Those that ask other
   * controllers to copy the Secret are not put on it (docs/errors.md, MetadataRefused).
   */
  readonly annotations?: Readonly<Record<string, string>>;
  /**
   * How issuers get a new key. Watch: they mount the Secret and follow the mount. The operator
   * finds pods that take it through an environment variable, a subPath or an init container, and
   * waits until they are gone. Restart: they read the Secret only at startup, so the operator waits
   * for every pod that takes it in any way and is older than the switch.
   */
  readonly reload: 'Watch' | 'Restart';
  /**
   * Workloads of this namespace that the operator restarts after a switch, one after the other, if
   * one of their pods still holds an earlier key. At most 16.
   */
  readonly restart?: readonly SigningKeySetSpecSignerRestart[];
}

/** The ConfigMap that verifiers and the JWKS server mount; it holds the public keys. */
export interface SigningKeySetSpecJwks {
  /** The name of the ConfigMap; <name of the set>-jwks if left out. It can't be changed. */
  readonly configMapName?: string;
  /**
   * The https URL from which verifiers fetch the JWKS, if it is not the issuer followed by
   * /.well-known/jwks.json. The openid-configuration names it.
   */
  readonly uri?: string;
  /**
   * Labels to put on the JWKS ConfigMap besides the operator's own. At most 16. Keys under
   * signingkeys.dev/ and app.kubernetes.io/managed-by belong to the operator.
   */
  readonly labels?: Readonly<Record<string, string>>;
  /**
   * Annotations to put on the JWKS ConfigMap besides the operator's own. At most 16. Keys under
   * signingkeys.dev/ and app.kubernetes.io/managed-by belong to the operator.
   */
  readonly annotations?: Readonly<Record<string, string>>;
}

/**
 * What all objects of the set have in common: the signer Secret, the Secrets of single keys, the
 * JWKS ConfigMap. For example a label that a policy demands of every Secret.
 */
export interface SigningKeySetSpecObjects {
  /**
   * Labels to put on each of them besides the operator's own. At most 16. A label of the same name
   * in signer or jwks takes precedence there. Keys under signingkeys.dev/ and
   * app.kubernetes.io/managed-by belong to the operator.
   */
  readonly labels?: Readonly<Record<string, string>>;
  /**
   * Annotations to put on each of them besides the operator's own. At most 16. An annotation of the
   * same name in signer or jwks takes precedence there. Keys under signingkeys.dev/ and
   * app.kubernetes.io/managed-by belong to the operator.
   */
  readonly annotations?: Readonly<Record<string, string>>;
}

/** One key. */
export interface SigningKeySetSpecRevocation {
  /** The key's id, as the status shows it. An id that the set never held changes nothing. */
  readonly kid: string;
  /**
   * Why, by the names of CRLReason in RFC 5280. The operator records it; it changes nothing else.
   */
  readonly reason: 'Unspecified' | 'KeyCompromise' | 'CessationOfOperation' | 'Superseded';
}

/**
 * What you declare. tokenTTL, and verifierCacheTTL or verifiers, are promises about your issuers
 * and verifiers; every wait is computed from them.
 */
export interface SigningKeySetSpec {
  /**
   * T: the longest lifetime (exp - iat) that an issuer puts into a token. A key stays published
   * until the last token that it can have signed has expired. A duration from 1s to 8760h, such as
   * 1h30m.
   */
  readonly tokenTTL: string;
  /**
   * C: the longest time until a verifier uses a key that is newly served: the lifetime of its JWKS
   * cache, plus refresh jitter, plus the retry of a failed fetch. A new key waits for this long
   * before it signs. Required, unless verifiers lists at least one. The largest value of this and
   * of all verifiers counts. A duration from 0s to 8760h, such as 1h30m.
   */
  readonly verifierCacheTTL?: string;
  /**
   * Your verifiers, each with either a preset or a cacheTTL. The largest value of these and of
   * verifierCacheTTL counts.
   */
  readonly verifiers?: readonly SigningKeySetSpecVerifier[];
  /**
   * The JWS algorithm of the keys. EdDSA is Ed25519. A change is due immediately: a key of the new
   * kind is published, waits until verifiers know it, and then signs.
   */
  readonly algorithm: 'RS256' | 'RS384' | 'RS512' | 'PS256' | 'PS384' | 'PS512' | 'ES256' | 'ES384' | 'ES512' | 'EdDSA';
  /** The size of RSA keys in bits; 2048 if left out. Only with an RS or PS algorithm. */
  readonly rsaModulusLength?: 2048 | 3072 | 4096;
  /**
   * The issuer (iss) of the tokens, an https URL without query and fragment. If it is set, the
   * operator also publishes an openid-configuration.
   */
  readonly issuer?: string;
  /** When keys are rotated. */
  readonly rotation: SigningKeySetSpecRotation;
  /**
   * How long changes take to reach issuers and verifiers. The defaults fit mounted volumes, and
   * verifiers without a shared cache in front of the JWKS.
   */
  readonly timing: SigningKeySetSpecTiming;
  /** The Secret that issuers mount; it holds the key that signs. */
  readonly signer?: SigningKeySetSpecSigner;
  /** The ConfigMap that verifiers and the JWKS server mount; it holds the public keys. */
  readonly jwks?: SigningKeySetSpecJwks;
  /**
   * What all objects of the set have in common: the signer Secret, the Secrets of single keys, the
   * JWKS ConfigMap. For example a label that a policy demands of every Secret.
   */
  readonly objects?: SigningKeySetSpecObjects;
  /**
   * Keys that must no longer be trusted. A revoked key leaves the signer Secret and the JWKS
   * immediately, without any wait. Issuers follow within signerRefreshDelay. Each verifier rejects
   * the key's tokens once it has fetched the JWKS again and forgotten the key. Removing an entry
   * does not bring its key back.
   */
  readonly revocations: readonly SigningKeySetSpecRevocation[];
  /**
   * What happens if the key that signs is revoked and no other may sign yet. FailClosed empties the
   * values of the signer Secret until the next key's wait is over: nobody signs. SignImmediately
   * lets a key sign that verifiers may not know yet: they reject its tokens until they do.
   */
  readonly onRevokeWithoutStandby: 'FailClosed' | 'SignImmediately';
  /**
   * What happens to the set's objects when the set is deleted. Retain leaves them as they are,
   * private keys included, and nothing breaks. Delete removes them in order, after the waits of a
   * removal.
   */
  readonly deletionPolicy: 'Retain' | 'Delete';
}

/** One aspect of the set's state. */
export interface SigningKeySetStatusCondition {
  /** The aspect, such as Ready. */
  readonly type: string;
  /** Whether it holds. */
  readonly status: 'True' | 'False' | 'Unknown';
  /** The generation of the spec that this condition is based on. */
  readonly observedGeneration?: number;
  /** When the condition's status last changed. */
  readonly lastTransitionTime: string;
  /** Why, in one word; docs/errors.md lists them. */
  readonly reason: string;
  /** Why, in words, and what to do. */
  readonly message: string;
}

/** One key. */
export interface SigningKeySetStatusKey {
  /** The key's id, the SHA-256 thumbprint of RFC 7638. */
  readonly kid: string;
  /** The key's number in the set, counted from 1. The name of its Secret ends in it. */
  readonly ordinal: number;
  /**
   * Pending: published, not signing yet. Active: signs. Retiring: no longer signs, still published.
   * Retired: out of the JWKS, its private key destroyed.
   */
  readonly state: 'Pending' | 'Active' | 'Retiring' | 'Retired';
  /** The JWS algorithm of the key. */
  readonly algorithm: string;
  /** When the key was seen in the JWKS. */
  readonly publishedTime?: string;
  /** The time from which every server and mount shows the key. */
  readonly servedSinceTime?: string;
  /**
   * The time from which every verifier knows the key, so that it may sign. Shown while the key is
   * Pending, and while it signs sooner than that (SignImmediately): until then, verifiers may
   * refuse its tokens.
   */
  readonly activatableTime?: string;
  /** When the key was seen in the signer Secret. */
  readonly activatedTime?: string;
  /** The time from which every issuer signs with the key, by any clock. */
  readonly switchCompleteTime?: string;
  /** When the signer Secret was seen without the key. */
  readonly supersededTime?: string;
  /**
   * When the operator saw that no pod still holds this key or, for the active key, an earlier one.
   */
  readonly settledTime?: string;
  /**
   * The time from which the key may leave the JWKS, because the last token that it can have signed
   * has expired everywhere.
   */
  readonly removableTime?: string;
  /** When the key was seen gone from the JWKS. */
  readonly removedTime?: string;
  /**
   * The time by which every verifier has stopped trusting the removed key; missing if that is not
   * known, or if a verifier must be restarted for it.
   */
  readonly distrustedByTime?: string;
  /**
   * The verifiers that trust the removed key until they are restarted, by their names in
   * spec.verifiers.
   */
  readonly restartRequired?: readonly string[];
  /** Why the key has ended, or is leaving the JWKS. */
  readonly reason?: string;
}

/** What happens next, if anything is planned. */
export interface SigningKeySetStatusNextTransition {
  /** What happens, such as Activate or Remove. */
  readonly action: string;
  /**
   * The kid of the key that it happens to; missing if that key does not exist yet, or if it happens
   * to the whole set.
   */
  readonly kid?: string;
  /** The earliest time at which it happens; missing if that is not known. */
  readonly time?: string;
  /** What the set waits for, in one word; docs/errors.md lists them. */
  readonly waitingFor?: string;
  /** How that time was computed, in words. */
  readonly explanation?: string;
}

/**
 * The terms of the spec that the operator has read and noted in its ledger. A term can be lowered
 * once its present value is shown here. If an administrator writes a larger value here, it counts
 * as if it had been declared.
 */
export interface SigningKeySetStatusTerms {
  /** T, from spec.tokenTTL. */
  readonly tokenTTL?: string;
  /** C, the largest in spec.verifierCacheTTL and spec.verifiers. */
  readonly verifierCacheTTL?: string;
  /**
   * D, the longest time that a verifier keeps using a key that it knows. Unlimited: until it is
   * restarted.
   */
  readonly verifierTrust?: string;
  /** H, from spec.timing. */
  readonly sharedCacheTTL?: string;
  /** P, from spec.timing. */
  readonly publicationDelay?: string;
  /** Ps, from spec.timing. */
  readonly signerRefreshDelay?: string;
  /** L, from spec.timing. */
  readonly verifierLeeway?: string;
  /** S, from spec.timing. */
  readonly clockSkew?: string;
}

/** One transition of one key. */
export interface SigningKeySetStatusHistory {
  /** When the operator saw it. */
  readonly time: string;
  /** The key's id. */
  readonly kid: string;
  /** The key's number in the set. */
  readonly ordinal: number;
  /** The state before; missing if the key is new. */
  readonly from?: 'Pending' | 'Active' | 'Retiring' | 'Retired';
  /** The state after. */
  readonly to: 'Pending' | 'Active' | 'Retiring' | 'Retired';
  /** Why, in one word. */
  readonly reason?: string;
}

/** The rollback that was refused last, if none has succeeded since. */
export interface SigningKeySetStatusRollbackRefused {
  /** The value of the annotation signingkeys.dev/rollback. */
  readonly request: string;
  /** Why, in one word; docs/errors.md lists them. */
  readonly reason: string;
  /** Why, in words. */
  readonly message: string;
}

/**
 * What the operator has observed and what it does next. It is computed from the ledger; editing it
 * has no effect, except on terms.
 */
export interface SigningKeySetStatus {
  /** The generation of the spec that this status is based on. */
  readonly observedGeneration?: number;
  /**
   * Ready is True once every server and mount shows the signing key, and verifiers know it.
   * Reconciling and Stalled are present only while True, and the message of Stalled says what to
   * do.
   */
  readonly conditions: readonly SigningKeySetStatusCondition[];
  /** The ordinal of the key that signs, such as "#7". */
  readonly activeKey?: string;
  /** The kid of the key that signs. */
  readonly activeKid?: string;
  /** How many keys are published. */
  readonly keyCount?: number;
  /** The keys of the set, with the time at which each step was seen or is due. */
  readonly keys?: readonly SigningKeySetStatusKey[];
  /** What happens next, if anything is planned. */
  readonly nextTransition?: SigningKeySetStatusNextTransition;
  /**
   * The terms of the spec that the operator has read and noted in its ledger. A term can be lowered
   * once its present value is shown here. If an administrator writes a larger value here, it counts
   * as if it had been declared.
   */
  readonly terms?: SigningKeySetStatusTerms;
  /**
   * The token lifetime that the waits are computed from. It is larger than spec.tokenTTL if that
   * was lowered recently.
   */
  readonly effectiveTokenTTL?: string;
  /** The latest transitions, the newest last. At most 20. */
  readonly history?: readonly SigningKeySetStatusHistory[];
  /** The value of the annotation signingkeys.dev/rotate that was handled last. */
  readonly lastHandledRotateRequest?: string;
  /** The value of the annotation signingkeys.dev/rollback that was handled last. */
  readonly lastHandledRollbackRequest?: string;
  /** The rollback that was refused last, if none has succeeded since. */
  readonly rollbackRefused?: SigningKeySetStatusRollbackRefused;
  /**
   * A copy of the ledger, from which the operator recovers if the signer Secret is lost. It holds
   * no private key. Only the operator uses it.
   */
  readonly ledger?: string;
}

/**
 * A set of keys that sign JWTs. The operator creates the keys, publishes their public halves as a
 * JWKS, and rotates them so that no valid token is rejected.
 */
export interface SigningKeySet {
  /** The version of this schema, signingkeys.dev/v1alpha1. */
  readonly apiVersion: string;
  /** SigningKeySet. */
  readonly kind: string;
  readonly metadata: StoredMeta;
  /**
   * What you declare. tokenTTL, and verifierCacheTTL or verifiers, are promises about your issuers
   * and verifiers; every wait is computed from them.
   */
  readonly spec: SigningKeySetSpec;
  /**
   * What the operator has observed and what it does next. It is computed from the ledger; editing
   * it has no effect, except on terms.
   */
  readonly status: SigningKeySetStatus;
}

/** What the API server checks of a spec before any CEL rule, and its defaults. */
export const SPEC_SCHEMA: JsonSchema = {
  "type": "object",
  "required": [
    "tokenTTL"
  ],
  "properties": {
    "tokenTTL": {
      "type": "string",
      "maxLength": 20
    },
    "verifierCacheTTL": {
      "type": "string",
      "maxLength": 20
    },
    "verifiers": {
      "type": "array",
      "maxItems": 32,
      "listMapKeys": [
        "name"
      ],
      "items": {
        "type": "object",
        "required": [
          "name"
        ],
        "properties": {
          "name": {
            "type": "string",
            "maxLength": 63
          },
          "preset": {
            "type": "string",
            "enum": [
              "jose",
              "jwks-rsa",
              "get-jwks",
              "pyjwt",
              "authlib",
              "go-oidc",
              "kube-apiserver",
              "keyfunc",
              "jwx-v2",
              "nimbus",
              "spring",
              "spring-reactive",
              "dotnet",
              "envoy",
              "istio",
              "istio-envoy",
              "espv2",
              "aws-http-api",
              "kong",
              "mod-auth-openidc"
            ]
          },
          "cacheTTL": {
            "type": "string",
            "maxLength": 20
          }
        }
      }
    },
    "algorithm": {
      "type": "string",
      "enum": [
        "RS256",
        "RS384",
        "RS512",
        "PS256",
        "PS384",
        "PS512",
        "ES256",
        "ES384",
        "ES512",
        "EdDSA"
      ],
      "default": "RS256"
    },
    "rsaModulusLength": {
      "type": "integer",
      "enum": [
        2048,
        3072,
        4096
      ]
    },
    "issuer": {
      "type": "string",
      "maxLength": 1024
    },
    "rotation": {
      "type": "object",
      "default": {},
      "properties": {
        "interval": {
          "type": "string",
          "maxLength": 20,
          "default": "720h"
        },
        "standby": {
          "type": "boolean",
          "default": true
        },
        "suspend": {
          "type": "boolean",
          "default": false
        }
      }
    },
    "timing": {
      "type": "object",
      "default": {},
      "properties": {
        "sharedCacheTTL": {
          "type": "string",
          "maxLength": 20,
          "default": "0s"
        },
        "publicationDelay": {
          "type": "string",
          "maxLength": 20,
          "default": "3m"
        },
        "signerRefreshDelay": {
          "type": "string",
          "maxLength": 20,
          "default": "3m"
        },
        "verifierLeeway": {
          "type": "string",
          "maxLength": 20,
          "default": "5m"
        },
        "clockSkew": {
          "type": "string",
          "maxLength": 20,
          "default": "30s"
        }
      }
    },
    "signer": {
      "type": "object",
      "properties": {
        "secretName": {
          "type": "string",
          "maxLength": 253
        },
        "labels": {
          "type": "object",
          "maxProperties": 16,
          "additionalProperties": {
            "type": "string",
            "maxLength": 63
          }
        },
        "annotations": {
          "type": "object",
          "maxProperties": 16,
          "additionalProperties": {
            "type": "string",
            "maxLength": 1024
          }
        },
        "reload": {
          "type": "string",
          "enum": [
            "Watch",
            "Restart"
          ],
          "default": "Watch"
        },
        "restart": {
          "type": "array",
          "maxItems": 16,
          "listMapKeys": [
            "kind",
            "name"
          ],
          "items": {
            "type": "object",
            "required": [
              "kind",
              "name"
            ],
            "properties": {
              "kind": {
                "type": "string",
                "enum": [
                  "Deployment",
                  "StatefulSet",
                  "DaemonSet"
                ]
              },
              "name": {
                "type": "string",
                "maxLength": 253
              }
            }
          }
        }
      }
    },
    "jwks": {
      "type": "object",
      "properties": {
        "configMapName": {
          "type": "string",
          "maxLength": 253
        },
        "uri": {
          "type": "string",
          "maxLength": 1024
        },
        "labels": {
          "type": "object",
          "maxProperties": 16,
          "additionalProperties": {
            "type": "string",
            "maxLength": 63
          }
        },
        "annotations": {
          "type": "object",
          "maxProperties": 16,
          "additionalProperties": {
            "type": "string",
            "maxLength": 1024
          }
        }
      }
    },
    "objects": {
      "type": "object",
      "properties": {
        "labels": {
          "type": "object",
          "maxProperties": 16,
          "additionalProperties": {
            "type": "string",
            "maxLength": 63
          }
        },
        "annotations": {
          "type": "object",
          "maxProperties": 16,
          "additionalProperties": {
            "type": "string",
            "maxLength": 1024
          }
        }
      }
    },
    "revocations": {
      "type": "array",
      "maxItems": 256,
      "default": [],
      "listMapKeys": [
        "kid"
      ],
      "items": {
        "type": "object",
        "required": [
          "kid"
        ],
        "properties": {
          "kid": {
            "type": "string",
            "maxLength": 128
          },
          "reason": {
            "type": "string",
            "enum": [
              "Unspecified",
              "KeyCompromise",
              "CessationOfOperation",
              "Superseded"
            ],
            "default": "Unspecified"
          }
        }
      }
    },
    "onRevokeWithoutStandby": {
      "type": "string",
      "enum": [
        "FailClosed",
        "SignImmediately"
      ],
      "default": "FailClosed"
    },
    "deletionPolicy": {
      "type": "string",
      "enum": [
        "Retain",
        "Delete"
      ],
      "default": "Retain"
    }
  }
};

/** What the API server checks of a status. */
export const STATUS_SCHEMA: JsonSchema = {
  "type": "object",
  "default": {},
  "properties": {
    "observedGeneration": {
      "type": "integer"
    },
    "conditions": {
      "type": "array",
      "maxItems": 16,
      "default": [
        {
          "type": "Ready",
          "status": "Unknown",
          "reason": "Pending",
          "message": "The operator has not seen this set yet",
          "lastTransitionTime": "1970-01-01T00:00:00Z"
        }
      ],
      "listMapKeys": [
        "type"
      ],
      "items": {
        "type": "object",
        "required": [
          "type",
          "status",
          "lastTransitionTime",
          "reason",
          "message"
        ],
        "properties": {
          "type": {
            "type": "string",
            "maxLength": 316
          },
          "status": {
            "type": "string",
            "enum": [
              "True",
              "False",
              "Unknown"
            ]
          },
          "observedGeneration": {
            "type": "integer"
          },
          "lastTransitionTime": {
            "type": "string",
            "maxLength": 64
          },
          "reason": {
            "type": "string",
            "maxLength": 1024
          },
          "message": {
            "type": "string",
            "maxLength": 32768
          }
        }
      }
    },
    "activeKey": {
      "type": "string",
      "maxLength": 20
    },
    "activeKid": {
      "type": "string",
      "maxLength": 128
    },
    "keyCount": {
      "type": "integer"
    },
    "keys": {
      "type": "array",
      "maxItems": 64,
      "listMapKeys": [
        "kid"
      ],
      "items": {
        "type": "object",
        "required": [
          "kid",
          "ordinal",
          "state",
          "algorithm"
        ],
        "properties": {
          "kid": {
            "type": "string",
            "maxLength": 128
          },
          "ordinal": {
            "type": "integer"
          },
          "state": {
            "type": "string",
            "enum": [
              "Pending",
              "Active",
              "Retiring",
              "Retired"
            ]
          },
          "algorithm": {
            "type": "string",
            "maxLength": 16
          },
          "publishedTime": {
            "type": "string",
            "maxLength": 64
          },
          "servedSinceTime": {
            "type": "string",
            "maxLength": 64
          },
          "activatableTime": {
            "type": "string",
            "maxLength": 64
          },
          "activatedTime": {
            "type": "string",
            "maxLength": 64
          },
          "switchCompleteTime": {
            "type": "string",
            "maxLength": 64
          },
          "supersededTime": {
            "type": "string",
            "maxLength": 64
          },
          "settledTime": {
            "type": "string",
            "maxLength": 64
          },
          "removableTime": {
            "type": "string",
            "maxLength": 64
          },
          "removedTime": {
            "type": "string",
            "maxLength": 64
          },
          "distrustedByTime": {
            "type": "string",
            "maxLength": 64
          },
          "restartRequired": {
            "type": "array",
            "maxItems": 32,
            "items": {
              "type": "string",
              "maxLength": 63
            }
          },
          "reason": {
            "type": "string",
            "maxLength": 64
          }
        }
      }
    },
    "nextTransition": {
      "type": "object",
      "required": [
        "action"
      ],
      "properties": {
        "action": {
          "type": "string",
          "maxLength": 64
        },
        "kid": {
          "type": "string",
          "maxLength": 128
        },
        "time": {
          "type": "string",
          "maxLength": 64
        },
        "waitingFor": {
          "type": "string",
          "maxLength": 64
        },
        "explanation": {
          "type": "string",
          "maxLength": 2048
        }
      }
    },
    "terms": {
      "type": "object",
      "properties": {
        "tokenTTL": {
          "type": "string",
          "maxLength": 20
        },
        "verifierCacheTTL": {
          "type": "string",
          "maxLength": 20
        },
        "verifierTrust": {
          "type": "string",
          "maxLength": 20
        },
        "sharedCacheTTL": {
          "type": "string",
          "maxLength": 20
        },
        "publicationDelay": {
          "type": "string",
          "maxLength": 20
        },
        "signerRefreshDelay": {
          "type": "string",
          "maxLength": 20
        },
        "verifierLeeway": {
          "type": "string",
          "maxLength": 20
        },
        "clockSkew": {
          "type": "string",
          "maxLength": 20
        }
      }
    },
    "effectiveTokenTTL": {
      "type": "string",
      "maxLength": 64
    },
    "history": {
      "type": "array",
      "maxItems": 20,
      "items": {
        "type": "object",
        "required": [
          "time",
          "kid",
          "ordinal",
          "to"
        ],
        "properties": {
          "time": {
            "type": "string",
            "maxLength": 64
          },
          "kid": {
            "type": "string",
            "maxLength": 128
          },
          "ordinal": {
            "type": "integer"
          },
          "from": {
            "type": "string",
            "enum": [
              "Pending",
              "Active",
              "Retiring",
              "Retired"
            ]
          },
          "to": {
            "type": "string",
            "enum": [
              "Pending",
              "Active",
              "Retiring",
              "Retired"
            ]
          },
          "reason": {
            "type": "string",
            "maxLength": 64
          }
        }
      }
    },
    "lastHandledRotateRequest": {
      "type": "string",
      "maxLength": 256
    },
    "lastHandledRollbackRequest": {
      "type": "string",
      "maxLength": 256
    },
    "rollbackRefused": {
      "type": "object",
      "required": [
        "request",
        "reason",
        "message"
      ],
      "properties": {
        "request": {
          "type": "string",
          "maxLength": 256
        },
        "reason": {
          "type": "string",
          "maxLength": 64
        },
        "message": {
          "type": "string",
          "maxLength": 1024
        }
      }
    },
    "ledger": {
      "type": "string",
      "maxLength": 131072
    }
  }
};
