using System.Text;
using SwarmOrleans.Tests.Specifications.Exploring;

namespace SwarmOrleans.Tests.Specifications.Reconciling;

/// <summary>What the tasks of a service do: a specification that the reconciler can be held to.</summary>
internal interface IServiceSpecification<TState> : ISpecification<TState, Step>
{
    /// <summary>The objects that a beginning stands for.</summary>
    RealService Begin(TState initial);

    /// <summary>The objects after a user's action.</summary>
    RealService Act(RealService real, int action);

    /// <summary>What can be seen of a state: tasks in the order in which they were made, and the service's status.</summary>
    (IEnumerable<TaskRow> Tasks, string Status) SeenIn(TState state);

    /// <summary>What can be seen of the service's status.</summary>
    string StatusOf(RealService real);

    /// <summary>Ways to call the nodes, for <see cref="Canonical.KeyOf"/>.</summary>
    IEnumerable<int[]> NamesIn(TState state);

    /// <summary>As <see cref="RealService.Parts"/>.</summary>
    (string Whole, Dictionary<(int Slot, int Node), StringBuilder> Slots) Parts(TState state, int[] names);
}
