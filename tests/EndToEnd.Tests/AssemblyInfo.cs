using Xunit.Sdk;
using Xunit.v3;

// Each test starts up to six processes: side by side they would only measure each other.
[assembly: Parallelization(Mode = ParallelMode.None)]
