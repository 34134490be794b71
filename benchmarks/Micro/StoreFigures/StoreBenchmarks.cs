using BenchmarkDotNet.Attributes;
using SwarmOrleans.Contracts;
using SwarmOrleans.Store;

namespace SwarmOrleans.Benchmarks.Micro.StoreFigures;

/// <summary>Reads and commits of a store with 100,000 tasks.</summary>
[MemoryDiagnoser]
public class StoreBenchmarks
{
    private const int Tasks = 100_000;
    private readonly string[] _ids = [.. Enumerable.Range(0, 1024).Select(i => Samples.TaskId(i * 97))];
    private Samples _samples = null!;
    private StoreView _view = null!;
    private int _next;

    [GlobalSetup]
    public async Task SetupAsync()
    {
        _samples = new Samples();
        await _samples.FillAsync(Tasks);
        _view = _samples.Store.Current;
    }

    [GlobalCleanup]
    public async Task CleanupAsync() => await _samples.DisposeAsync();

    /// <summary>One task by id.</summary>
    [Benchmark]
    public SwarmTask? PointRead() => _view.Find<SwarmTask>(_ids[_next++ & 1023]);

    /// <summary>The hundred tasks of a node.</summary>
    [Benchmark]
    public int TasksOfNode() => _view.Tasks.OfNode(Samples.NodeId(_next++ % Samples.Nodes)).Count;

    /// <summary>A service by name.</summary>
    [Benchmark]
    public Service? ByName() => _view.FindByName<Service>("web7");

    /// <summary>A node's status report of one task, from the call to the outcome.</summary>
    [Benchmark]
    public Task<CommitResult> Report() => _samples.ReportAsync(_next++ % Tasks);
}
