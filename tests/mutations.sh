#!/bin/sh
# Makes every mistake of tests/Mutations/mutations.txt in a copy of the sources and demands that the specifications catch it.
# Arguments: parts of names of the mutations to try.
set -e
cd "$(dirname "$0")/.."
dotnet build tests/Specifications.Tests -c Release -v q -p:UseAspire=false
dotnet build tests/Mutations -c Release -v q -p:UseAspire=false
exec artifacts/bin/Mutations/release/Mutations "$@"
