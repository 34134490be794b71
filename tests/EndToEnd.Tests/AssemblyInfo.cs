// Each test starts up to six processes: side by side they would only measure each other.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
