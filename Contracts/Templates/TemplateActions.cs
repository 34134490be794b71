namespace SwarmOrleans.Contracts.Templates;

/// <summary>How execution goes on.</summary>
internal enum Flow
{
    Next,
    Break,
    Continue,
}

internal abstract class TemplateAction
{
    public abstract Flow Execute(TemplateRun run);
}

internal sealed class Sequence(List<TemplateAction> items) : TemplateAction
{
    public override Flow Execute(TemplateRun run)
    {
        var scope = run.Scope;
        foreach (var item in items)
        {
            run.Step();
            if (item.Execute(run) is not Flow.Next and var flow)
            {
                run.Leave(scope);
                return flow;
            }
        }

        run.Leave(scope);
        return Flow.Next;
    }
}

internal sealed class Text(string text) : TemplateAction
{
    public override Flow Execute(TemplateRun run)
    {
        run.Write(text);
        return Flow.Next;
    }
}

internal sealed class Print(Pipeline pipeline) : TemplateAction
{
    public override Flow Execute(TemplateRun run)
    {
        var value = pipeline.Evaluate(run);
        if (!pipeline.IsAssignment)
        {
            run.Write(TemplateValues.Print(value));
        }

        return Flow.Next;
    }
}

internal sealed class Jump(Flow flow) : TemplateAction
{
    public override Flow Execute(TemplateRun run) => flow;
}

internal sealed class If(Pipeline condition, Sequence then, Sequence? otherwise) : TemplateAction
{
    public override Flow Execute(TemplateRun run)
    {
        var scope = run.Scope;
        var flow = TemplateValues.IsTrue(condition.Evaluate(run)) ? then.Execute(run) : otherwise?.Execute(run) ?? Flow.Next;
        run.Leave(scope);
        return flow;
    }
}

internal sealed class With(Pipeline value, Sequence then, Sequence? otherwise) : TemplateAction
{
    public override Flow Execute(TemplateRun run)
    {
        var scope = run.Scope;
        var dot = value.Evaluate(run);
        var flow = TemplateValues.IsTrue(dot) ? run.WithDot(dot, then) : otherwise?.Execute(run) ?? Flow.Next;
        run.Leave(scope);
        return flow;
    }
}

internal sealed class Range(Pipeline values, Sequence body, Sequence? otherwise) : TemplateAction
{
    public override Flow Execute(TemplateRun run)
    {
        var scope = run.Scope;
        var isEmpty = true;
        var flow = Flow.Next;
        foreach (var (key, value) in TemplateValues.Items(values.EvaluateCommands(run)))
        {
            run.Step();
            isEmpty = false;
            values.Assign(run, values.Variables.Count == 2 ? [key, value] : [value]);
            flow = run.WithDot(value, body);
            run.Leave(scope);
            if (flow == Flow.Break)
            {
                break;
            }
        }

        return isEmpty && otherwise is not null ? otherwise.Execute(run) : Flow.Next;
    }
}
