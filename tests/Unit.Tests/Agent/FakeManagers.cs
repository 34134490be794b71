using SwarmOrleans.Agent;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Tests.Unit.Agent;

/// <summary>The managers in turn: the one that failed goes to the end of the line.</summary>
internal sealed class FakeManagers(TimeProvider time, params FakeManager[] managers) : IManagerSource
{
    private readonly List<FakeManager> _line = [.. managers];

    /// <summary>When a manager was asked for.</summary>
    public List<DateTimeOffset> Picks { get; } = [];

    public List<string> Failures { get; } = [];

    public List<IReadOnlyList<WeightedPeer>> Observed { get; } = [];

    public IManagerLink? Pick()
    {
        Picks.Add(time.GetUtcNow());
        return _line.FirstOrDefault();
    }

    public void Observe(IReadOnlyList<WeightedPeer> managers) => Observed.Add(managers);

    public void ReportFailure(IManagerLink link)
    {
        var manager = (FakeManager)link;
        Failures.Add(manager.Address);
        _line.Remove(manager);
        _line.Add(manager);
    }
}
