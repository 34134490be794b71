using Xunit.Sdk;
using Xunit.v3;

// Elections and silo probes run on the real clock: side by side the tests would disturb each other.
[assembly: Parallelization(Mode = ParallelMode.None)]
