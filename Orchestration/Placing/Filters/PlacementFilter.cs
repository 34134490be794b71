using System.Globalization;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>One rule that nodes must satisfy to run the tasks of one <see cref="PlacementGroup"/>.</summary>
/// <param name="rule">Which rule.</param>
/// <param name="one">How one failing node is reported.</param>
/// <param name="many">How several are; {0} stands for their number.</param>
internal abstract class PlacementFilter(PlacementRule rule, string one, string many)
{
    public PlacementRule Rule => rule;

    /// <summary>True when only the node object decides, not what runs there: such filters are evaluated once a node, not once a task.</summary>
    public virtual bool IsStatic => false;

    /// <summary>What the tasks ask for, in words.</summary>
    public abstract string Asks { get; }

    public abstract bool Passes(NodeLoad node);

    /// <summary>What was asked and what the node has instead.</summary>
    public abstract string Describe(NodeLoad node);

    /// <summary>SwarmKit's text for so many failing nodes.</summary>
    public string Count(int nodes) => nodes == 1 ? one : string.Format(CultureInfo.InvariantCulture, many, nodes);
}
