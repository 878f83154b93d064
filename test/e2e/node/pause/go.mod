module signing-key-operator/test/e2e/node/pause

go 1.26.0
